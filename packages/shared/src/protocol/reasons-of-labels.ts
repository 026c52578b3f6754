import type { ReasonEntry } from './reason-entry.ts'

/** Reasons that the labels of a container give by themselves; part of `reasonTable`. */
export const labelReasons = {
  disabled: {
    state: 'refused',
    summary: 'The container is switched off by its own label.',
    remedy: 'Remove the label in the details, or set it to true.',
  },
  'unknown-key': {
    state: 'refused',
    summary: 'A label that was meant to ask for something is not known.',
    remedy: 'Correct the key; the nearest known one is in the details.',
  },
  'key-later': {
    state: 'refused',
    summary: 'This label is planned and not understood by this version.',
    remedy: 'Remove it for now; docs/labels.md says which keys work.',
  },
  'label-inherited': {
    state: 'refused',
    summary: 'The label or variable comes from the image, and images may not claim names.',
    remedy: 'Set it on the container itself, to another value than in the image.',
  },
  'invalid-enable': {
    state: 'refused',
    summary: 'roadstead.enable is neither true nor false.',
    remedy: 'Write true or false.',
  },
  'host-missing': {
    state: 'refused',
    summary: 'The route has no host.',
    remedy:
      'Set roadstead.host, or the host key of this route; a rule of Traefik needs Host in every way' +
      ' through it.',
  },
  'invalid-host': {
    state: 'refused',
    summary: 'The host label is not a list of plain host names.',
    remedy: 'Use lower-case names with a dot, separated by commas, at most 16.',
  },
  'listen-missing': {
    state: 'refused',
    summary: 'The TCP or UDP route has no port to listen on.',
    remedy: 'Set the listen key of this route to the port at which visitors come to the edges.',
  },
  'invalid-listen': {
    state: 'refused',
    summary: 'The listen label is not a port.',
    remedy: 'Write a number from 1 to 65535.',
  },
  'port-not-granted': {
    state: 'refused',
    summary: 'This port of the edges needs a grant in the policy.',
    remedy:
      'Listen on another port from 1024 on, or let an operator grant this one to the host or project:' +
      ' docs/policy.md.',
  },
  'invalid-proxy-protocol': {
    state: 'refused',
    summary: 'The proxy-protocol label names no form of it that can be sent.',
    remedy: 'Write v1, or remove the label.',
  },
  'invalid-responses': {
    state: 'refused',
    summary: 'The responses label is not a number of datagrams.',
    remedy: 'Write a number from 0 to 1000: how many answer one.',
  },
  'wildcard-not-granted': {
    state: 'refused',
    summary: 'A wildcard name needs a grant in the policy.',
    remedy:
      'Name the hosts one by one, or let an operator grant the wildcard to this host or project:' +
      ' docs/policy.md.',
  },
  'claim-denied': {
    state: 'refused',
    summary: 'The policy does not let this host or compose project hold the name.',
    remedy:
      'Use a name that it may hold, or let an operator add the name to a claims entry for it:' +
      ' roadstead policy show, docs/policy.md.',
  },
  'regex-refused': {
    state: 'refused',
    summary: 'Regular expressions are never taken from labels.',
    remedy: 'Use plain names and path prefixes.',
  },
  'invalid-path': {
    state: 'refused',
    summary: 'The path label has a form that is not allowed.',
    remedy: 'Start with "/" and use letters, digits and . _ ~ - between slashes.',
  },
  'invalid-match': {
    state: 'refused',
    summary: 'The match label is neither prefix nor exact.',
    remedy: 'Write prefix or exact.',
  },
  'invalid-strip-prefix': {
    state: 'refused',
    summary: 'The strip-prefix label is neither true nor false.',
    remedy: 'Write true or false.',
  },
  'invalid-port': {
    state: 'refused',
    summary: 'The port label is not a port.',
    remedy: 'Write a number from 1 to 65535.',
  },
  'invalid-service': {
    state: 'refused',
    summary: 'The service label has a form that is not allowed.',
    remedy: 'Use one or two names of a-z, 0-9, "_", "." and "-", joined by "/".',
  },
  'invalid-duration': {
    state: 'refused',
    summary: 'A label for a time has a form that is not allowed, or is out of its range.',
    remedy: 'Write a whole number with its unit, such as 500ms, 10s or 2m, within the range.',
  },
  'port-missing': {
    state: 'refused',
    summary:
      'The container exposes no TCP port, or for a UDP route no such one, and no label names one.',
    remedy: 'Set roadstead.port, or the port key of this route, to the port it listens on.',
  },
  'port-ambiguous': {
    state: 'refused',
    summary: 'The container exposes several ports and no label says which one.',
    remedy:
      'Set roadstead.port, or the port key of this route, to one of the ports in the details.',
  },
  'over-budget': {
    state: 'refused',
    summary: 'This container, or its host, asks for more than one may.',
    remedy: 'Ask for fewer routes or labels; the limit is in the details.',
  },
  'duplicate-route': {
    state: 'refused',
    summary: 'Two routes of this container have the same host, path and match.',
    remedy: 'Remove one of them, or give it another path.',
  },
  'incompatible-keys': {
    state: 'refused',
    summary: 'Two labels ask for things that cannot be had together.',
    remedy: 'Remove one of the two labels in the details.',
  },
  'invalid-flag': {
    state: 'refused',
    summary: 'A label that is either true or false is neither.',
    remedy: 'Write true or false.',
  },
  'invalid-scheme': {
    state: 'refused',
    summary: 'The scheme label is none that containers are spoken with.',
    remedy: 'Write http, https, grpc or grpcs.',
  },
  'invalid-priority': {
    state: 'refused',
    summary: 'The priority label is not a whole number from -1000000 to 1000000.',
    remedy: 'Write a whole number; a route without one has 0, and the highest is asked first.',
  },
  'invalid-auth': {
    state: 'refused',
    summary: 'The auth label does not name users that the masters keep.',
    remedy: 'Write basic: and the name of the users, such as basic:team; never a password.',
  },
  'invalid-allow': {
    state: 'refused',
    summary: 'The allow label is not a list of networks.',
    remedy:
      'Write addresses or networks such as 10.0.0.0/8 or 2001:db8::/32, separated by commas, at most' +
      ' 64; bits after the prefix are zero.',
  },
  'invalid-limit': {
    state: 'refused',
    summary: 'The limit label is not a rate.',
    remedy: 'Write requests a second or a minute, such as 20r/s, 100r/m or 20r/s burst=40.',
  },
  'invalid-size': {
    state: 'refused',
    summary: 'A label for a size has a form that is not allowed, or is out of its range.',
    remedy: 'Write a whole number with k, m or g, such as 512k or 64m, from 1k to 1024g.',
  },
  'invalid-header': {
    state: 'refused',
    summary: 'The name or the value of a header has a form that is not allowed.',
    remedy:
      'Names are letters, digits and hyphens. Values are up to 256 plain characters, and begin with' +
      ' a letter or digit; * alone is one, too.',
  },
  'header-refused': {
    state: 'refused',
    summary: 'This header is written by the edge, or decides how a message is read.',
    remedy: 'Remove the label; where another label is meant for it, the details name that one.',
  },
  'invalid-redirect': {
    state: 'refused',
    summary: 'The redirect label is no address to send visitors to.',
    remedy:
      'Write https, a path, or an address such as https://other.example.com/path, and perhaps a' +
      ' status of 301, 302, 303, 307 or 308 after a blank.',
  },
  'redirect-loop': {
    state: 'refused',
    summary: 'The redirect leads to the route itself, so that visitors would go in circles.',
    remedy: 'Name another host or path, or set match to exact.',
  },
  'invalid-https': {
    state: 'refused',
    summary: 'The https label is neither redirect, prefer, only nor both.',
    remedy: 'Write redirect, prefer, only or both.',
  },
  'invalid-hsts': {
    state: 'refused',
    summary: 'The hsts label does not say for how many days browsers come by TLS only.',
    remedy:
      'Write 0d to 730d, perhaps with subdomains after a blank, and preload after that, which needs' +
      ' 365d.',
  },
  'invalid-canary': {
    state: 'refused',
    summary: 'The canary label is not another service with its share.',
    remedy: 'Write the service and from 1% to 99%, such as shop/next 10%.',
  },
  'invalid-balance': {
    state: 'refused',
    summary: 'The balance label names no way to spread requests.',
    remedy: 'Write round-robin or least-conn; for visitors that stay, set roadstead.sticky.',
  },
  'invalid-weight': {
    state: 'refused',
    summary: 'The weight label is not a whole number from 1 to 100.',
    remedy: 'Write a whole number; a container without one has 1.',
  },
  'invalid-sticky': {
    state: 'refused',
    summary: 'The sticky label does not say by what visitors are kept with a container.',
    remedy: 'Write address, cookie, or cookie: and a name of letters, digits and _.',
  },
  'invalid-max-conns': {
    state: 'refused',
    summary: 'The max-conns label is not a whole number from 1 to 100000.',
    remedy: 'Write a whole number.',
  },
  'invalid-expect': {
    state: 'refused',
    summary: 'The health.expect label is not a status or a range of them.',
    remedy: 'Write a status such as 204, or a range such as 200-399.',
  },
  'health-path-missing': {
    state: 'refused',
    summary: 'A health label is set, and none says which path to ask for.',
    remedy: 'Set roadstead.health.path, or remove the other health labels.',
  },
  'invalid-network': {
    state: 'refused',
    summary: 'The network label is not the name of a network.',
    remedy: 'Write one name as docker network ls shows it.',
  },
  'invalid-address': {
    state: 'refused',
    summary: 'The address label is no way to a container.',
    remedy: 'Write inside, published, or host: and a port that the container publishes.',
  },
} as const satisfies Record<string, ReasonEntry>
