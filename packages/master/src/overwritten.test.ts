import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inboxPrefixOf } from '@roadstead/bus/permissions.ts'
import { manifestKey } from '@roadstead/bus/ports.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import { connectRaw } from '../../../test/rig/admin.ts'
import { eventually } from '../../../test/rig/eventually.ts'
import {
  EDGE,
  epochOf,
  HOST,
  SOON,
  startAgent,
  startEdge,
  startMaster,
  startNats,
  web,
} from './testing/federation.ts'

test('a head that an agent overwrites by a reply is written again, in the same leadership', async () => {
  await using nats = await startNats()
  await using master = await startMaster(nats, 'm1')
  await using edge = startEdge(nats)
  await using agent = startAgent(nats)
  await using hostile = await connectRaw(nats.user('agent', HOST), inboxPrefixOf('agent', HOST))
  await agent.snapshot([web(1)])
  await edge.report()
  await eventually('one endpoint', () => edge.endpoints() === 1, SOON)
  const epoch = epochOf(master)
  const version = edge.manifest()?.version ?? 0
  await eventually('read back', () => master.state.desired.has(EDGE), SOON)

  const reply = `$KV.CTL.${manifestKey(nats.site, EDGE)}`
  hostile.client()?.publish(`rs.v1.evt.${nats.site}.${HOST}.news.container`, '{}', { reply })
  await eventually('it is noticed', () => master.rejects.total > 0, SOON)
  await eventually('it is written again', () => (edge.manifest()?.version ?? 0) > version, SOON)
  assert.equal(epochOf(master), epoch)
  assert.equal(edge.endpoints(), 1)
})

test('a decision that somebody overwrites by nonsense stays in force, and is written again', async () => {
  await using nats = await startNats()
  await using master = await startMaster(nats, 'm1')
  await using raw = await connectRaw(nats.user('master', 'm2'), inboxPrefixOf('master', 'm2'))
  await eventually('it leads', () => epochOf(master) === 1, SOON)
  const drain: Decision = { kind: 'drain', host: HOST, by: 'me', why: 'test', since: 'now' }
  const key = `d.drain.${HOST}.all`
  await master.pen.write([{ key, decision: drain }])

  raw.client()?.publish(`$KV.CTL.${key}`, 'nonsense')
  await eventually('it is noticed', () => master.rejects.total === 1, SOON)
  assert.equal(master.state.graph.drains.size, 1)
  const { control } = master.outside.bus
  await eventually(
    'it is written again',
    async () => (await control.read(key))?.text?.includes('"drain"'),
    SOON,
  )
})
