import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectMasterBus } from '@roadstead/bus/nats/master-bus.ts'
import { inboxPrefixOf } from '@roadstead/bus/permissions.ts'
import { type ControlStream, LEASE_KEY } from '@roadstead/bus/ports.ts'
import { readLease } from '@roadstead/master/loops/control-writer.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { MasterId } from '@roadstead/shared/kernel/ids.ts'
import { LEASE_SINGLE_MS } from '@roadstead/shared/kernel/limits.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { connectRaw } from '../rig/admin.ts'
import { eventually } from '../rig/eventually.ts'
import { NatsRig } from '../rig/nats.ts'
import { Pair } from '../rig/pair.ts'

/**
 * Real: nats-server, and two processes that campaign. No server checks where a reply goes, so any
 * agent can have an acknowledgement land in place of the lease, as often as it likes.
 */
const USERS = [
  { role: 'master', id: 'm1' },
  { role: 'master', id: 'm2' },
  { role: 'master', id: 'm3' },
  { role: 'agent', id: 'h1' },
] as const

test('an agent that overwrites the lease by a reply costs an epoch, and nobody for good', async () => {
  await using nats = await NatsRig.start({ users: [...USERS] })
  await using pair = await Pair.on(nats)
  await using agent = await connectRaw(nats.user('agent', 'h1'), inboxPrefixOf('agent', 'h1'))
  await using bus = reader(nats)
  for (let round = 0; round < 3; round += 1) {
    const { epoch } = (await pair.leader()).report
    const { last } = await bus.control.readLease()
    agent.client()?.publish('rs.v1.evt.s1.h1.news.container', `{}`, { reply: '$KV.CTL.lease' })
    await goesOn(pair, epoch, bus.control)
    const { last: now } = await bus.control.readLease()
    assert.ok(now > last)
  }
})

test('whatever stands in place of the lease, somebody claims above the last epoch', async () => {
  await using nats = await NatsRig.start({ users: [...USERS] })
  await using pair = await Pair.on(nats)
  await using bus = reader(nats)
  await using raw = await connectRaw(nats.user('master', 'm3'), inboxPrefixOf('master', 'm3'))
  const texts = ['', 'no json', '{}', '[1]', '{"v":1,"epoch":0}', 'x'.repeat(100_000)]
  for (const text of texts) {
    const { epoch } = (await pair.leader()).report
    raw.client()?.publish('$KV.CTL.lease', text)
    await goesOn(pair, epoch, bus.control)
  }
})

test('a lease that is deleted is claimed above the last epoch', async () => {
  await using nats = await NatsRig.start({ users: [...USERS] })
  await using pair = await Pair.on(nats)
  await using bus = reader(nats)
  const { epoch } = (await pair.leader()).report
  await eventually(
    'deleted',
    async () => {
      const { last } = await bus.control.readLease()
      return (await bus.control.write(LEASE_KEY, undefined, last)).kind === 'stored'
    },
    { withinMs: 5_000 },
  )
  await goesOn(pair, epoch, bus.control)
})

test('what is written beside the lease by somebody else costs nobody the leadership', async () => {
  await using nats = await NatsRig.start({ users: [...USERS] })
  await using pair = await Pair.on(nats)
  await using raw = await connectRaw(nats.user('master', 'm3'), inboxPrefixOf('master', 'm3'))
  const leader = await pair.leader()
  const { epoch } = leader.report
  for (const key of ['t.s1.e1', 'd.claim.x', 'd.run.y', 'anything']) {
    const { writes } = leader.report
    raw.client()?.publish(`$KV.CTL.${key}`, 'garbage')
    await eventually('it writes on', () => leader.report.writes > writes + 100, SOON)
  }
  assert.equal(leader.report.epoch, epoch)
})

/** Somebody leads above that epoch and writes, and the lease can be read again. */
async function goesOn(pair: Pair, epoch: number, control: ControlStream): Promise<void> {
  await eventually('somebody leads above', () => (pair.epoch() ?? 0) > epoch, SOON)
  const now = pair.epoch()
  await eventually(
    'its lease can be read',
    async () => readLease((await control.readLease()).lease?.text ?? '')?.epoch === now,
    SOON,
  )
  const { writes } = (await pair.leader()).report
  await eventually('it writes', async () => (await pair.leader()).report.writes > writes, SOON)
}

/** A lease and a second, as after any other end of a leadership; and time for a slow machine. */
const SOON = { withinMs: 2 * (LEASE_SINGLE_MS + 1_000) }

function reader(nats: NatsRig) {
  const user = nats.user('master', 'm3')
  return connectMasterBus({ ...user, id: MasterId.parse('m3'), clock, random, log })
}
