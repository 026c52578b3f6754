import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { EdgeId, InstanceId, PublicKey, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import { UPSTREAMS_MAX } from '../core/upstream-budget.ts'
import { Bench, eventually } from '../testing/bench.ts'
import { plainTable } from '../testing/tables.ts'
import { report } from './report.ts'

const self = {
  site: SiteId.parse('home'),
  edge: EdgeId.parse('e1'),
  publicKey: PublicKey.parse(`U${'A'.repeat(55)}`),
  instance: InstanceId.parse('i'),
  name: 'edge one',
  addresses: [],
  httpPort: 8080,
  host: undefined,
  container: undefined,
}

test('services beyond the limit are named in the status, and all others are in force', async () => {
  // The limit is about real reloads, and so is this test; a parse of 5,000 takes half a second.
  await using bench = await Bench.start({ tier: 'reload' })
  const statuses: EdgeStatus[] = []
  const stop = new AbortController()
  const bus = { report: async (status: EdgeStatus) => statuses.push(status) }
  const { nginx } = bench.opened
  const reporting = report(
    {
      self: () => self,
      bus,
      nginx,
      live: undefined,
      tier: 'reload',
      tierReason: '',
      streamsReason: undefined,
      shut: undefined,
      attached: undefined,
      state: bench.state,
      clock,
    } as const,
    stop.signal,
  )
  await bench.apply(plainTable(UPSTREAMS_MAX + 2))
  assert.equal(bench.state.outcome.kind, 'applied')
  assert.equal(bench.state.rendering?.peers.size, UPSTREAMS_MAX)
  await eventually(() => statuses.at(-1)?.outcome.kind === 'applied')
  const { quarantined } = EdgeStatus.parse(statuses.at(-1))
  assert.equal(quarantined.length, 2)
  assert.ok(quarantined.every((it) => it.reason.includes(`${UPSTREAMS_MAX}`)))
  assert.ok(quarantined.every((it) => it.containers.length === 1))
  stop.abort()
  await reporting
})
