import type { EventView } from '@roadstead/shared/protocol/http-events.ts'
import type { HostView, RouteView } from '@roadstead/shared/protocol/http.ts'
import type { LiveState } from '@roadstead/shared/protocol/live.ts'

/** Rows for tests, with only what a test cares about said by it. */
export function route(domain: string, more: Partial<RouteView> = {}): RouteView {
  return {
    domain,
    path: '/',
    match: 'prefix',
    stripPrefix: false,
    service: 'shop',
    state: 'routed',
    endpoints: [],
    ...more,
  }
}

export function host(id: string, more: Partial<HostView> = {}): HostView {
  return {
    id,
    name: id,
    presence: 'present',
    presenceSince: '2026-01-01T00:00:00Z',
    engineState: 'answering',
    synced: true,
    boot: 1,
    seq: 1,
    containers: 0,
    running: 0,
    endpoints: 0,
    spooled: 0,
    facts: {
      name: id,
      os: 'Debian',
      kernel: '6',
      architecture: 'x86_64',
      cpus: 2,
      memoryBytes: 1,
      addresses: [],
      engine: { id: 'e', version: '20', apiVersion: '1.41', storageDriver: '', liveRestore: false },
      agentVersion: '0',
    },
    networks: [],
    ...more,
  }
}

export function event(revision: number): EventView {
  return {
    revision,
    at: '2026-01-01T00:00:00Z',
    host: 'h',
    hostName: 'alpha',
    kind: 'engine',
    origin: 'engine',
    what: 'container start',
    subject: 'web',
    details: {},
  }
}

export function liveState(more: Partial<LiveState> = {}): LiveState {
  return {
    status: {
      site: 'home',
      master: 'm1',
      instance: 'one',
      role: 'leader',
      revision: 1,
      version: '0',
      nats: { connected: true, version: '2.9', servers: 1 },
      counts: { hosts: 0, containers: 0, services: 0, routes: 0, edges: 0 },
      warnings: [],
    },
    hosts: [],
    services: [],
    routes: [],
    edges: [],
    runs: [],
    events: [],
    ...more,
  }
}
