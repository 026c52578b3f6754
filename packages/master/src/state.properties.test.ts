import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { EdgeId, type HostId, PublicKey } from '@roadstead/shared/kernel/ids.ts'
import { type Decision, decisionKey } from '@roadstead/shared/protocol/decision.ts'
import fc from 'fast-check'
import {
  exampleGone,
  exampleId,
  exampleSeen,
  exampleSnapshot,
  exampleStamp,
} from './core/examples.ts'
import type { FoldInput } from './core/graph/fold.ts'
import { policyOf } from './core/policy/policy-of.ts'
import { deriveAll } from './core/routes/derive.ts'
import type { Derivation } from './core/routes/derived.ts'
import { tableForEdge } from './core/routes/edge-table.ts'
import { encodeTable } from './core/routes/encode.ts'
import { defaultPolicy } from './core/routes/policy.ts'
import { MasterState } from './state.ts'
import { HOSTS, type Step, step } from './testing/histories.ts'

const host = fc.constantFrom('alpha', 'beta', 'gamma', 'web')
const pattern = fc.constantFrom('a.example', 'b.example', '.example', '*.example', 'c.example')
const document = fc.record(
  {
    claims: fc.array(
      fc.record({
        hosts: fc.oneof(fc.constant('all'), fc.array(host, { minLength: 1, maxLength: 2 })),
        domains: fc.array(pattern, { minLength: 1, maxLength: 3 }),
      }),
      { maxLength: 3 },
    ),
    defaults: fc.record({ compress: fc.boolean(), timeout: fc.constantFrom('1s', '2s') }),
    limits: fc.record({
      routes: fc.constantFrom(1, 2, 10),
      hosts: fc.constantFrom({}, { alpha: { routes: 0 } }, { web: { 'names-per-label': 1 } }),
    }),
    unlabelled: fc.constant({ host: '{{name}}.example' }),
  },
  { requiredKeys: [] },
)

const policyStep = fc.record({ document, deleted: fc.nat({ max: 4 }).map((it) => it === 0) }).map(
  ({ deleted, document: said }): Step => ({
    kind: 'decision',
    deleted,
    decision: {
      kind: 'policy',
      text: '',
      document: said,
      digest: '0'.repeat(64),
      by: '',
      since: '',
    },
  }),
)

const identityStep = fc
  .record({ id: fc.constantFrom(...HOSTS), name: host, revoked: fc.boolean() })
  .map(({ id, name, revoked }): Step => {
    const publicKey = PublicKey.parse(`U${'A'.repeat(55)}`)
    const identity = { kind: 'identity', role: 'agent', id, publicKey, name, revoked } as const
    return { kind: 'decision', deleted: false, decision: { ...identity, since: '' } }
  })

const history = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: step },
    { weight: 2, arbitrary: policyStep },
    { weight: 1, arbitrary: identityStep },
  ),
  { minLength: 10, maxLength: 50 },
)

const EDGE = { edge: EdgeId.parse('e'), host: HOSTS[0], addresses: ['192.0.2.10'], httpPort: 81 }

test('whenever a policy comes, a master has what it would derive from nothing (I1)', () => {
  fc.assert(
    fc.property(history, (steps) => {
      const state = new MasterState({ policy: defaultPolicy, digest: sha256 })
      const seqs = new Map<HostId, number>()
      for (const each of steps) {
        state.hear(inputOf(each, seqs, state))
        const policy = policyOf(state.graph, defaultPolicy)
        const whole = deriveAll(state.graph, { policy, digest: sha256 })
        assert.deepEqual(readable(state.derived), readable(whole))
        const table = tableForEdge(whole.table, state.graph, EDGE)
        const own = tableForEdge(state.derived.table, state.graph, EDGE)
        assert.deepEqual(encodeTable(own, 4, sha256), encodeTable(table, 4, sha256))
        assertAllowed(state)
      }
    }),
    { numRuns: 100 },
  )
})

/** No route is served by, and no claim kept for, who may not hold it. */
function assertAllowed({ derived, policy }: MasterState): void {
  if (policy.claims.kind === 'open') return
  for (const [, verdicts] of [...derived.verdicts.values()].flatMap((own) => [...own])) {
    const denied = verdicts.filter(({ reason }) => reason === 'claim-denied')
    for (const { host: where, container, domain, path = '' } of denied) {
      const served = [...derived.table.routes.values()]
        .filter((route) => route.domain === domain && route.path === path)
        .flatMap(({ endpoints }) => endpoints)
      assert.ok(!served.some((it) => it.host === where && it.container === container))
    }
  }
}

function inputOf(each: Step, seqs: Map<HostId, number>, { graph }: MasterState): FoldInput {
  if (each.kind === 'decision') {
    const decision: Decision | undefined = each.deleted ? undefined : each.decision
    return { kind: 'decision', key: decisionKey(each.decision, sha256), decision }
  }
  const seq = (seqs.get(each.host) ?? 0) + 1
  seqs.set(each.host, seq)
  const stamp = exampleStamp(each.host, seq)
  if (each.kind === 'snapshot' || !graph.hosts.has(each.host)) {
    return exampleSnapshot(stamp, each.kind === 'snapshot' ? each.containers : [])
  }
  return each.kind === 'gone'
    ? exampleGone(stamp, exampleId(each.id))
    : exampleSeen(stamp, each.container)
}

/** In one order, whatever the maps are made of. */
function readable({ table, verdicts }: Derivation): unknown {
  return {
    services: [...table.services].sort(byKey),
    routes: [...table.routes].sort(byKey),
    verdicts: [...verdicts]
      .sort(byKey)
      .map(([name, own]): [string, unknown] => [name, [...own].sort(byKey)]),
  }
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1
}
