import { sha256 } from '@roadstead/bus/sha256.ts'
import { EdgeId, InstanceId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { type Decision, decisionKey } from '@roadstead/shared/protocol/decision.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import { exampleSnapshot, exampleStamp } from '../core/examples.ts'
import { foldAll } from '../core/graph/fold.ts'
import { emptyGraph } from '../core/graph/graph.ts'
import { deriveAll } from '../core/routes/derive.ts'
import { tableForEdge } from '../core/routes/edge-table.ts'
import { defaultPolicy } from '../core/routes/policy.ts'
import type { Scene } from '../core/views/scene.ts'

const alpha = exampleStamp('alpha', 1).host
export const edge = EdgeId.parse('front')

const inForce = { epoch: 1, version: 1, instance: InstanceId.parse('m'), generation: 'abc' }

/** One host with these containers, and one edge on it that has just put their table in force. */
export function scene(
  containers: readonly Container[],
  status: Partial<EdgeStatus> = {},
  decisions: readonly Decision[] = [],
): Scene {
  const { graph } = foldAll(emptyGraph, [
    exampleSnapshot(exampleStamp('alpha', 1), containers),
    ...decisions.map((decision) => ({
      kind: 'decision' as const,
      key: decisionKey(decision, sha256),
      decision,
    })),
  ])
  const derivation = deriveAll(graph, { policy: defaultPolicy, digest: sha256 })
  const facts = { edge, host: alpha, addresses: ['192.0.2.9'], httpPort: 8_080 }
  const table = tableForEdge(derivation.table, graph, facts)
  const whole: EdgeStatus = {
    v: 1,
    site: SiteId.parse('main'),
    instance: InstanceId.parse('e'),
    name: 'front',
    ...facts,
    epochMax: 1,
    inForce: { ...inForce, since: '', routes: 1, endpoints: 1 },
    outcome: { kind: 'applied', at: '' },
    tier: 'reload',
    tierReason: '',
    nginx: { version: '1.22.1', running: true, reloads: 1, oldGenerations: 0 },
    quarantined: [],
    checks: [],
    sentAtMs: 0,
    ...status,
  }
  return {
    graph,
    ...derivation,
    hearing: new Map(),
    edges: new Map([[edge, { status: whole, monoMs: 0 }]]),
    tables: new Map([[edge, { table }]]),
    desired: new Map([[edge, { epoch: 1, version: 1 }]]),
    nowMs: 1_000,
  }
}
