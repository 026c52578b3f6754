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
  'not-exposed': {
    state: 'refused',
    summary: 'The policy serves containers with labels of this tool only when they say so.',
    remedy: 'Set traefik.enable to true.',
  },
} as const satisfies Record<string, ReasonEntry>
