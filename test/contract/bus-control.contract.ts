import assert from 'node:assert/strict'
import { createKey } from '@roadstead/bus/identity.ts'
import { signWith } from '@roadstead/bus/nkey.ts'
import { LEASE_KEY, manifestKey, objectKey, sliceKey } from '@roadstead/bus/ports.ts'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import { eventually } from '../rig/eventually.ts'
import { type Contract, site } from './bus.contract.ts'
import { collect, collectAll } from './bus.samples.ts'

const e1 = EdgeId.parse('e1')
const SOON = { withinMs: 15_000 }
const sign = signWith(createKey().seed)

/** What every body of the bus promises of the stream in which leaders write and edges read. */
export function controlContract(contract: Contract): void {
  contract(
    'a write of the control stream counts only on top of the sequence it names',
    async (bus) => {
      await using one = await bus.master('m1')
      await using two = await bus.master('m2')
      assert.deepEqual(await one.control.readLease(), { last: 0 })
      assert.deepEqual(await one.control.write(LEASE_KEY, 'a', 0), { kind: 'stored', seq: 1 })
      assert.deepEqual(await two.control.write(LEASE_KEY, 'b', 0), {
        kind: 'wrong-sequence',
        last: 1,
      })

      const race = await Promise.all([
        one.control.write('t.s1.e1', 'one', 1),
        two.control.write('t.s1.e1', 'two', 1),
        one.control.write('d.x', 'three', 1),
      ])

      assert.deepEqual(race.map((it) => it.kind).toSorted(), [
        'stored',
        'wrong-sequence',
        'wrong-sequence',
      ])
      const lease = { seq: 1, text: 'a' }
      assert.deepEqual(await two.control.readLease(), { last: 2, lease })
    },
  )

  contract(
    'a deleted key is an entry without text, and a key never written is none',
    async (bus) => {
      await using master = await bus.master('m1')
      await master.control.write('d.x', 'here', 0)
      assert.deepEqual(await master.control.read('d.x'), { key: 'd.x', seq: 1, text: 'here' })

      await master.control.write('d.x', undefined, 1)

      assert.deepEqual(await master.control.read('d.x'), { key: 'd.x', seq: 2 })
      assert.equal(await master.control.read('d.y'), undefined)
    },
  )

  contract('followers get the last word of every key, then everything', async (bus) => {
    await using one = await bus.master('m1')
    await using two = await bus.master('m2')
    let last = 0
    for (const [key, text] of [
      ['d.a', '1'],
      ['d.b', '1'],
      ['d.a', '2'],
      ['d.b', undefined],
    ] as const) {
      await one.control.write(key, text, last)
      last += 1
    }

    await using seen = collect((signal) => two.control.follow(signal))
    await eventually('caught up', () => seen.kinds().includes('caught-up'), SOON)
    await one.control.write('d.c', '1', 4)

    await eventually('the new one', () => seen.values().length === 3, SOON)
    assert.deepEqual(seen.values(), [
      { key: 'd.a', seq: 3, text: '2' },
      { key: 'd.b', seq: 4 },
      { key: 'd.c', seq: 5, text: '1' },
    ])
  })

  contract('a written lease wakes whoever listens for it', async (bus) => {
    await using one = await bus.master('m1')
    await using two = await bus.master('m2')
    let hints = 0
    using _hint = two.control.onLeaseHint(() => (hints += 1))
    let last = 0

    await eventually(
      'a hint',
      async () => {
        const written = await one.control.write(LEASE_KEY, 'x', last)
        last = written.kind === 'stored' ? written.seq : last
        return hints > 0
      },
      SOON,
    )
  })

  contract(
    'an edge gets the stored head at start, and each later one as it is written',
    async (bus) => {
      await using master = await bus.master('m1')
      await using edge = await bus.edge()
      const key = manifestKey(site, e1)
      await master.control.write(key, JSON.stringify(sign('table', 'first')), 0)

      await using seen = collectAll((signal) => edge.followManifests(e1, signal))
      await eventually('the stored one', () => seen.all().at(-1)?.body === 'first', SOON)
      await master.control.write(key, JSON.stringify(sign('table', 'second')), 1)

      await eventually('the pushed one', () => seen.all().at(-1)?.body === 'second', SOON)
    },
  )

  contract('an edge finds a slice by its digest, and takes no other text for it', async (bus) => {
    await using master = await bus.master('m1')
    await using edge = await bus.edge()
    const text = 'x'.repeat(100_000)
    await master.control.write(sliceKey(site, e1, 3), text, 0)

    const found = await eventually('the slice', () => edge.slice(e1, 3, sha256(text)), SOON)

    assert.equal(found, text)
    assert.equal(await edge.slice(e1, 3, sha256('other')), undefined)
    assert.equal(await edge.slice(e1, 4, sha256('never written')), undefined)
  })
  contract('an edge finds an object of its own by its digest, and none of another', async (bus) => {
    await using master = await bus.master('m1')
    await using edge = await bus.edge()
    const named = { kind: 'users', name: 'team' } as const
    const text = 'sealed'.repeat(10_000)
    const digest = sha256(text)
    await master.control.write(objectKey(site, e1, named), text, 0)
    await master.control.write(objectKey(site, EdgeId.parse('e2'), named), 'sealed', 1)

    const found = await eventually('the object', () => edge.object(e1, { ...named, digest }), SOON)

    assert.equal(found, text)
    assert.equal(await edge.object(e1, { ...named, digest: sha256('sealed') }), undefined)
    assert.equal(await edge.object(e1, { ...named, name: 'others', digest }), undefined)
  })
}
