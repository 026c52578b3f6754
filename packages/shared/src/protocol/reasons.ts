import type { ReasonEntry } from './reason-entry.ts'
import { dialectReasons } from './reasons-of-dialects.ts'
import { labelReasons } from './reasons-of-labels.ts'

/**
 * Why a container is routed, or is not: a closed table. Every container that asked for a route ends
 * with one of these codes for each route it asked for, and each code tells what to do.
 * `docs/reasons.md` is generated from here. Codes are promises: never renamed.
 *
 * `routed`: it is in the table. `waiting`: time or the container itself will change it. `refused`:
 * somebody has to change something.
 */
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
  ...labelReasons,
  ...dialectReasons,
  'conflict-held': {
    state: 'refused',
    summary: 'Another service holds this route, or this service holds it in another way.',
    remedy:
      'Use another name, or give both the same roadstead.service to pool them; where the details name' +
      ' a label, let all containers of the service say the same.',
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
    summary: 'No container of the service asks for it any more, and the name is kept for a while.',
    remedy:
      'Start the service again; with roadstead.hold visitors wait for that instead of failing.',
  },
  'host-lost': {
    state: 'waiting',
    summary: 'Its host has been silent for 45 seconds, and others serve the route.',
    remedy: 'Bring the host or its agent back.',
  },
  'network-missing': {
    state: 'refused',
    summary: 'The container is not attached to the network that its label names.',
    remedy: 'Attach it to that network, or name one of those in the details.',
  },
  'address-not-published': {
    state: 'refused',
    summary: 'The container does not publish the port that its address label names.',
    remedy: 'Publish its port on the host, or remove roadstead.address.',
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
