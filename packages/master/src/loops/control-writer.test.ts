import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBus } from '@roadstead/bus/memory/memory-bus.ts'
import { noFaults } from '@roadstead/bus/memory/memory-network.ts'
import { LEASE_KEY, type MasterBus } from '@roadstead/bus/ports.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { InstanceId, MasterId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { seededRandom } from '@roadstead/shared/kernel/random.ts'
import { Lease } from '@roadstead/shared/protocol/lease.ts'
import { ControlWriter } from './control-writer.ts'

test('writes go out one by one, each on top of the last, and the lease before all that wait', async () => {
  const { bus, master, writer } = await leading()

  const writes = [writer.write('d.a', '1'), writer.write('d.b', '2'), writer.writeLease(aLease(1))]
  const outcomes = await Promise.all(writes)

  assert.deepEqual(outcomes.map(sequenceOf), [2, 4, 3])
  assert.equal(bus.stream('KV_CTL').last, 4)
  assert.equal((await master.control.read('d.b'))?.text, '2')
})

test('a write whose answer got lost is found in the stream and counts', async () => {
  const { bus, writer } = await leading()
  bus.faults = { ...noFaults, ackLoss: 1 }

  const write = writer.write('d.a', '1')
  clock.after(500, () => (bus.faults = noFaults))

  assert.equal(sequenceOf(await write), 2)
  assert.equal(sequenceOf(await writer.write('d.b', '2')), 3)
})

test('after another claim nothing is written any more, and the election hears of it', async () => {
  const { master, writer, deposed } = await leading()
  await master.control.write(LEASE_KEY, JSON.stringify(aLease(2, 'i-other')), 1)

  const outcomes = await Promise.all([writer.write('d.a', '1'), writer.write('d.b', '2')])

  assert.deepEqual(
    outcomes.map((it) => it.kind),
    ['not-leader', 'not-leader'],
  )
  assert.equal(deposed(), 1)
  assert.equal(await master.control.read('d.a'), undefined)
})

test('a wiped stream ends the leadership instead of being written on', async () => {
  const { bus, writer, deposed } = await leading()
  bus.wipe()

  assert.equal((await writer.write('d.a', '1')).kind, 'not-leader')
  assert.equal(deposed(), 1)
  assert.equal(bus.stream('KV_CTL').last, 0)
})

test('a suspended leader writes its lease and nothing else', async () => {
  const { writer, suspend } = await leading()
  suspend()

  assert.equal((await writer.write('d.a', '1')).kind, 'not-leader')
  assert.equal((await writer.writeLease(aLease(1))).kind, 'stored')
})

test('nothing follows a lease that was given back', async () => {
  const { master, writer } = await leading()
  const waiting = [writer.write('d.a', '1'), writer.write('d.b', '2')]

  await writer.finish({ ...aLease(1), holder: null })
  const late = await writer.write('d.c', '3')

  const kinds = (await Promise.all(waiting)).map((it) => it.kind)
  assert.deepEqual(kinds, ['stored', 'not-leader'])
  assert.equal(late.kind, 'not-leader')
  const { last, lease } = await master.control.readLease()
  assert.equal(lease?.seq, last)
})

test('while the bus is away a write is given back, not kept', async () => {
  const { bus, writer } = await leading()
  bus.connect('master m1', false)

  assert.equal((await writer.write('d.a', '1')).kind, 'failed')
})

interface Leading {
  readonly bus: MemoryBus
  readonly master: MasterBus
  readonly writer: ControlWriter
  readonly deposed: () => number
  readonly suspend: () => void
}

/** A writer that holds the lease at sequence 1, in epoch 1. */
async function leading(): Promise<Leading> {
  const bus = new MemoryBus(SiteId.parse('s1'), { clock, random: seededRandom(1) })
  const master = bus.master(MasterId.parse('m1'))
  await master.control.write(LEASE_KEY, JSON.stringify(aLease(1)), 0)
  let deposed = 0
  let acting = true
  const writer = new ControlWriter({
    control: master.control,
    clock,
    log,
    mayAct: () => acting,
    onDeposed: () => {
      deposed += 1
      writer.end()
    },
  })
  writer.begin(aLease(1), 1)
  return { bus, master, writer, deposed: () => deposed, suspend: () => (acting = false) }
}

function sequenceOf(outcome: { readonly kind: string; readonly seq?: number }): number | undefined {
  return outcome.seq
}

function aLease(epoch: number, instance = 'i-m1'): Lease {
  return Lease.parse({
    v: 1,
    holder: MasterId.parse('m1'),
    instance: InstanceId.parse(instance),
    epoch,
    leaseMs: 2_000,
    renewal: 0,
    url: 'http://m1',
    host: 'm1',
    pid: 1,
    since: '2026-01-01T00:00:00.000Z',
  })
}
