import type { ReasonEntry } from './reason-entry.ts'

/** Why something that was asked for in the language of another tool is not served. */
export const dialectReasons = {
  'invalid-value': {
    state: 'refused',
    summary: 'A label or variable of another tool has a value that is not allowed here.',
    remedy: 'Correct the value; docs/dialects.md says what each of them may be.',
  },
  'rule-unreadable': {
    state: 'refused',
    summary: 'The rule of a router is not well formed.',
    remedy: 'Correct it at the place in the details, counted from 1.',
  },
  'rule-refused': {
    state: 'refused',
    summary: 'The rule of a router has a part that is not served here.',
    remedy:
      'Take out the part in the details, or say the same with the matchers of docs/dialects.md.',
  },
  'middleware-unknown': {
    state: 'refused',
    summary: 'The route names a middleware that this container does not define.',
    remedy: 'Define it by labels of the same container, or take it out of the list.',
  },
  'middleware-refused': {
    state: 'refused',
    summary: 'A middleware of the route restricts or rewrites in a way that is not done here.',
    remedy: 'Take it out of the list of the route, or replace it by one of docs/dialects.md.',
  },
  'reference-refused': {
    state: 'refused',
    summary: 'The route names something that is defined outside of labels.',
    remedy: 'Define it by labels of the same container and name it without "@".',
  },
  'beside-refused': {
    state: 'refused',
    summary:
      'Another route of this container is refused, and what it may have guarded would come in by this' +
      ' one.',
    remedy: 'Correct the route in the details; this one is served then.',
  },
  'service-unknown': {
    state: 'refused',
    summary: 'It is not clear which service of the container the router means.',
    remedy: 'Name one in the service label of the router, and define it on the same container.',
  },
  'protocol-refused': {
    state: 'refused',
    summary: 'The container wants to be spoken to in a protocol that edges do not speak.',
    remedy:
      'Use http, https, grpc or grpcs; a FastCGI or uWSGI program needs a web server before it.',
  },
  'rule-missing': {
    state: 'refused',
    summary: 'The TCP router of Traefik has no rule.',
    remedy: 'Write HostSNI(`*`) as its rule: whoever comes to the port.',
  },
  'entry-point-missing': {
    state: 'refused',
    summary: 'The TCP or UDP router of Traefik names no entry point, and so no port.',
    remedy:
      'Name those it is for in its entrypoints label; their ports stand in the policy under' +
      ' dialects.entry-points.',
  },
  'entry-point-unknown': {
    state: 'refused',
    summary:
      'No label tells which port an entry point of Traefik has, and the policy gives none of this' +
      ' protocol to the one in the details.',
    remedy:
      'Add it to the policy under dialects.entry-points, as in "postgres: 5432" or "dns: udp:53", or ask' +
      ' for the port by roadstead.tcp.<route>.listen or roadstead.udp.<route>.listen instead.',
  },
  'tls-refused': {
    state: 'refused',
    summary: 'The TCP router of Traefik wants the edge to end TLS, or to begin it.',
    remedy:
      'Let the container speak TLS and set tls.passthrough of the router to true, or serve it by an' +
      ' HTTP router.',
  },
  'not-exposed': {
    state: 'refused',
    summary: 'The policy serves containers with labels of this tool only when they say so.',
    remedy: 'Set traefik.enable to true.',
  },
} as const satisfies Record<string, ReasonEntry>
