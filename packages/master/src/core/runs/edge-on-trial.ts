import { EdgeId, HostId, InstanceId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { RunScene } from './run-scene.ts'

/** The one host of such a world. */
export const HOST = HostId.parse('alpha')

/** One life of every edge of such a world. */
export const EDGE_INSTANCE = InstanceId.parse('life')

/** An edge by what it says of itself and what was published for it. */
export interface EdgeOnTrial {
  readonly facts: {
    readonly edge: EdgeId
    readonly host: HostId
    readonly addresses: string[]
    readonly httpPort: number
  }
  version: number
  own: RunScene['tables'] extends ReadonlyMap<EdgeId, infer Own> ? Own | undefined : never
  desired: { epoch: number; version: number; slices: string[]; inline: string[] } | undefined
  quiet: EdgeStatus['quiet'] | undefined
  quietText: string | undefined
  /** Since when nobody has heard of it. */
  silentSinceMs: number | undefined
}

export function newEdge(index: number): EdgeOnTrial {
  const edge = EdgeId.parse(`e${index}`)
  const facts = { edge, host: HOST, addresses: [], httpPort: 8080 }
  return {
    facts,
    version: 0,
    own: undefined,
    desired: undefined,
    quiet: undefined,
    quietText: undefined,
    silentSinceMs: undefined,
  }
}

export function statusOf({ facts: { edge }, quiet, version }: EdgeOnTrial): EdgeStatus {
  const counts = { generation: '', since: '', routes: 1, endpoints: 1 }
  return {
    v: 1,
    site: SiteId.parse('main'),
    edge,
    instance: EDGE_INSTANCE,
    name: edge,
    host: HOST,
    addresses: [],
    httpPort: 8080,
    epochMax: 0,
    inForce: { epoch: 1, version, instance: EDGE_INSTANCE, ...counts },
    ...(quiet !== undefined && { quiet }),
    outcome: { kind: 'none' },
    tier: 'live',
    tierReason: '',
    nginx: { version: '1.22.1', running: true, reloads: 0, oldGenerations: 0 },
    quarantined: [],
    checks: [],
    sentAtMs: 0,
  }
}
