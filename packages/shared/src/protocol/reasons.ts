/**
 * Why a container is routed, or is not: a closed table. Every container that asked for a route ends
 * with one of these codes for each route it asked for, and each code tells what to do.
 * `docs/reasons.md` is generated from here. Codes are promises: never renamed.
 *
 * `routed`: it is in the table. `waiting`: time or the container itself will change it. `refused`:
 * somebody has to change something.
 */
interface ReasonEntry {
  readonly state: 'routed' | 'waiting' | 'refused'
  readonly summary: string
  readonly remedy: string
}

export const reasonTable = {
  routed: {
    state: 'routed',
    summary: 'It is an endpoint of the route.',
    remedy: 'Nothing to do.',
  },
  'routed-last': {
    state: 'routed',
    summary: 'Its host is silent, but it is the last endpoint of the service and stays.',
    remedy: 'Bring the host or its agent back, or start the service on another host.',
  },
  disabled: {
    state: 'refused',
    summary: 'The label roadstead.enable is false.',
    remedy: 'Remove the label, or set it to true.',
  },
  'unknown-key': {
    state: 'refused',
    summary: 'A label under roadstead. is not known.',
    remedy: 'Correct the key; the nearest known one is in the details.',
  },
  'key-later': {
    state: 'refused',
    summary: 'This label is planned and not understood by this version.',
    remedy: 'Remove it for now; docs/labels.md says which keys work.',
  },
  'label-inherited': {
    state: 'refused',
    summary: 'The label comes from the image, and images may not claim names.',
    remedy: 'Set the label on the container itself.',
  },
  'invalid-enable': {
    state: 'refused',
    summary: 'roadstead.enable is neither true nor false.',
    remedy: 'Write true or false.',
  },
  'host-missing': {
    state: 'refused',
    summary: 'The route has no host label.',
    remedy: 'Set roadstead.host, or the host key of this route.',
  },
  'invalid-host': {
    state: 'refused',
    summary: 'The host label is not a list of plain host names.',
    remedy: 'Use lower-case names with a dot, separated by commas, at most 16.',
  },
  'wildcard-not-granted': {
    state: 'refused',
    summary: 'A wildcard name needs a grant in the policy.',
    remedy: 'Name the hosts one by one.',
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
    summary: 'The container exposes no TCP port and no label names one.',
    remedy: 'Set roadstead.port to the port it listens on.',
  },
  'port-ambiguous': {
    state: 'refused',
    summary: 'The container exposes several TCP ports and no label says which one.',
    remedy: 'Set roadstead.port to one of the ports in the details.',
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
  'conflict-held': {
    state: 'refused',
    summary: 'Another service holds this host and path and keeps it.',
    remedy: 'Use another name, or give both the same roadstead.service to pool them.',
  },
  'not-running': {
    state: 'waiting',
    summary: 'The container does not run.',
    remedy: 'Start it.',
  },
  paused: {
    state: 'waiting',
    summary: 'The container is paused.',
    remedy: 'Unpause it.',
  },
  stopping: {
    state: 'waiting',
    summary: 'The container has been told to stop and gets no new requests.',
    remedy: 'Nothing to do; it comes back when it is started.',
  },
  'health-starting': {
    state: 'waiting',
    summary: 'The HEALTHCHECK of the container has not passed yet.',
    remedy: 'Wait for it, or look at the output of the check on its host.',
  },
  unhealthy: {
    state: 'waiting',
    summary: 'The HEALTHCHECK of the container fails.',
    remedy: 'Look at the output of the check on its host.',
  },
  'not-accepting': {
    state: 'waiting',
    summary: 'Nothing accepts connections on the port yet.',
    remedy: 'Check that the program listens on this port on all addresses, not only on 127.0.0.1.',
  },
  drained: {
    state: 'waiting',
    summary: 'It has been taken out of routing.',
    remedy:
      'The details say who took it out, and why. A run takes that back by itself, for the rest there' +
      ' is roadstead undrain.',
  },
  flapping: {
    state: 'waiting',
    summary: 'It fell out of service again and again, and others serve until it has stayed up.',
    remedy: 'Look at why it stops or stops answering; it returns by itself when it stays up.',
  },
  'address-reused': {
    state: 'waiting',
    summary: 'Another container has its address now, so it cannot be there any more.',
    remedy: 'The next look at its engine settles it; nothing to do.',
  },
  kept: {
    state: 'waiting',
    summary: 'No container of the service asks for it any more, and the name is kept for 10 s.',
    remedy:
      'Start the service again; with roadstead.hold visitors wait for that instead of failing.',
  },
  'host-lost': {
    state: 'waiting',
    summary: 'Its host has been silent for 45 seconds, and others serve the route.',
    remedy: 'Bring the host or its agent back.',
  },
  'no-address': {
    state: 'refused',
    summary: 'This edge has no way to reach the container.',
    remedy:
      'Attach it to a network of the edge, or publish its port on an address that the edge reaches.',
  },
  'address-refused': {
    state: 'refused',
    summary: 'The only address of the container is one that may never be routed to.',
    remedy: 'Give it an ordinary address: no loopback, link-local, multicast or edge address.',
  },
  quarantined: {
    state: 'refused',
    summary: 'nginx did not take this route, so the edge left it out to keep all others.',
    remedy: 'Look at the reason in the details and correct the label that it names.',
  },
} as const satisfies Record<string, ReasonEntry>

export type ReasonCode = keyof typeof reasonTable
