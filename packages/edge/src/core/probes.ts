import type { HealthCheck } from '@roadstead/shared/protocol/route-settings.ts'
import type { TableEndpoint, TableService } from '@roadstead/shared/protocol/table.ts'
import { type EdgeTable, endpointKey, peerOf } from './table.ts'

/** One question to one address, and whom its answer is about. */
export interface Probe {
  readonly address: string
  readonly port: number
  /** Absent: whether it accepts connections. */
  readonly http?: HttpProbe
  readonly intervalMs: number
  readonly about: readonly Asked[]
}

export interface HttpProbe {
  readonly path: string
  readonly isEncrypted: boolean
  /** A name that visitors use: some endpoints answer no other. */
  readonly host: string | undefined
  readonly expect: HealthCheck['expect']
}

export interface Asked {
  /** `endpointKey` */
  readonly key: string
  readonly endpoint: TableEndpoint
  readonly graceMs: number
}

/** How often an endpoint is asked whether it accepts connections. */
export const CONNECT_EVERY_MS = 2_000

/** What to ask, by name: equal questions about one address are one, however many services have it. */
export function probesOf(table: EdgeTable): ReadonlyMap<string, Probe> {
  const hosts = hostsOf(table)
  const probes = new Map<string, Probe & { readonly about: Asked[] }>()
  for (const service of table.services) {
    // Nobody answers for a port that takes datagrams: who is there is believed.
    if (service.protocol === 'udp') continue
    const http = httpOf(service, hosts.get(service.id))
    const intervalMs = http === undefined ? CONNECT_EVERY_MS : (service.health?.intervalMs ?? 0)
    const graceMs = http === undefined ? 0 : (service.health?.graceMs ?? 0)
    const question = http === undefined ? '' : ` ${intervalMs} ${JSON.stringify(http)}`
    for (const endpoint of service.endpoints) {
      const name = peerOf(endpoint) + question
      const asked = { key: endpointKey(service.id, endpoint), endpoint, graceMs }
      const known = probes.get(name)
      if (known !== undefined) {
        known.about.push(asked)
        continue
      }
      const about = [asked]
      const { address, port } = endpoint
      const plain = { address, port, intervalMs, about }
      probes.set(name, http === undefined ? plain : { ...plain, http })
    }
  }
  return probes
}

/** Probes whose time has come, at rounds that are `roundMs` apart; `asked` tells when each was last. */
export function dueProbes(
  probes: ReadonlyMap<string, Probe>,
  asked: ReadonlyMap<string, number>,
  nowMs: number,
  roundMs: number,
): readonly (readonly [name: string, probe: Probe])[] {
  return [...probes].filter(([name, { intervalMs }]) => {
    const lastMs = asked.get(name)
    return lastMs === undefined || nowMs - lastMs >= intervalMs - roundMs / 2
  })
}

/** Calls are not asked for a path: what speaks gRPC answers no plain request. */
function httpOf({ health, scheme = 'http' }: TableService, host: string | undefined) {
  if (health === undefined || scheme === 'grpc' || scheme === 'grpcs') return undefined
  return { path: health.path, isEncrypted: scheme === 'https', host, expect: health.expect }
}

/** A domain for each service that is asked for a path. */
function hostsOf(table: EdgeTable): ReadonlyMap<string, string> {
  if (!table.services.some(({ health }) => health !== undefined)) return new Map()
  return new Map(table.routes.toReversed().map(({ service, domain }) => [service, nameIn(domain)]))
}

/** A name that a wildcard is for: whoever is asked knows no star. */
function nameIn(domain: string): string {
  return domain.replace('*', 'any')
}
