import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { SiteId } from '@roadstead/shared/kernel/ids.ts'
import { EVENT_BYTES_MAX } from '@roadstead/shared/kernel/limits.ts'
import {
  type Image,
  STOCK_SLICES,
  StockSlice,
  type Volume,
} from '@roadstead/shared/protocol/stock.ts'
import { cause, host } from '../../testing.ts'
import { sliceOf } from './slices.ts'
import { StockBook } from './stock-book.ts'

const site = SiteId.parse('s1')

function aVolume(name: string): Volume {
  return { name, driver: 'local', mountpoint: '', scope: 'local', createdAt: '', labels: {} }
}

function tellAll(book: StockBook): StockSlice[] {
  const told: StockSlice[] = []
  for (let next = book.next(site); next !== undefined; next = book.next(site)) {
    told.push(next)
    book.settle(next)
  }
  return told
}

test('everything is told once, also that a slice is empty', () => {
  const book = new StockBook({ host, boot: 1, digest: sha256 })
  assert.equal(book.count('volumes'), undefined)
  book.seeVolumes([aVolume('a'), aVolume('b')], [], cause)
  const told = tellAll(book)
  assert.equal(told.length, STOCK_SLICES)
  assert.deepEqual(told.flatMap((it): unknown[] => it.items).length, 2)
  assert.deepEqual(
    told.map(({ stamp }) => stamp.seq),
    told.map((_, at) => at + 1),
  )
  assert.equal(book.count('volumes'), 2)
})

test('a change costs one slice, and the same list costs nothing', () => {
  const book = new StockBook({ host, boot: 1, digest: sha256 })
  book.seeVolumes([aVolume('a'), aVolume('b')], [], cause)
  tellAll(book)
  book.seeVolumes([aVolume('b'), aVolume('a')], [], cause)
  assert.equal(book.waiting, 0)
  book.seeVolumes([aVolume('a'), aVolume('b'), aVolume('c')], [], cause)
  const told = tellAll(book)
  assert.deepEqual(
    told.map(({ slice }) => slice),
    [sliceOf('c')],
  )
})

test('what changes while it is told is told again, and what was not stored too', () => {
  const book = new StockBook({ host, boot: 1, digest: sha256 })
  book.seeVolumes([], [], cause)
  tellAll(book)
  book.seeVolumes([aVolume('a')], [], cause)
  const first = book.next(site)
  book.seeVolumes([aVolume('a')], ['a'], cause)
  if (first !== undefined) book.settle(first)
  assert.equal(book.waiting, 1)
  const second = book.next(site)
  assert.equal(second?.untold, 1)
  if (second !== undefined) book.postpone(second)
  assert.equal(tellAll(book).length, 1)
})

test('after a new link all of it goes again', () => {
  const book = new StockBook({ host, boot: 1, digest: sha256 })
  book.tellAgain()
  assert.equal(book.waiting, 0)
  book.seeVolumes([aVolume('a')], [], cause)
  tellAll(book)
  book.tellAgain()
  assert.equal(book.waiting, STOCK_SLICES)
})

test('whatever is there, each message is one that the bus takes, and nothing is lost uncounted', () => {
  const name = fc.string({ minLength: 1, maxLength: 512, unit: 'binary' })
  const labels = fc.dictionary(fc.string({ maxLength: 256 }), fc.string({ maxLength: 512 }), {
    maxKeys: 32,
  })
  const volume = fc.record({ name, labels }).map((it) => ({ ...aVolume(it.name), ...it }))
  const volumes = fc.uniqueArray(volume, { selector: (it) => it.name, maxLength: 50 })
  fc.assert(
    fc.property(volumes, (all) => {
      const book = new StockBook({ host, boot: 1, digest: sha256 })
      book.seeVolumes(all, [], cause)
      const told = tellAll(book)
      for (const each of told) {
        StockSlice.parse(each)
        assert.ok(Buffer.byteLength(JSON.stringify(each)) <= EVENT_BYTES_MAX)
      }
      const count = told.reduce((sum, { items, untold }) => sum + items.length + untold, 0)
      assert.equal(count, all.length)
    }),
    { numRuns: 50 },
  )
})

test('a slice that is too large loses its labels, then its last items, and says how many', () => {
  const id = (at: number): string => `sha256:${at.toString(16).padStart(64, '0')}`
  const ids = Array.from({ length: 20_000 }, (_, at) => id(at)).filter((it) => sliceOf(it) === 0)
  const layers = Array.from({ length: 128 }, (_, at) => id(at))
  const images = ids.slice(0, 60).map((each): Image => {
    const labels = Object.fromEntries(layers.slice(0, 32).map((key) => [key, 'x'.repeat(512)]))
    const named = { id: each, tags: [], digests: [], bytes: 1, createdAt: '', platform: '' }
    return { ...named, layers, labels }
  })
  const book = new StockBook({ host, boot: 1, digest: sha256 })
  book.seeImages(images, [], cause)
  const [first] = tellAll(book)
  assert.ok(first !== undefined && first.untold > 0)
  assert.equal(first.items.length + first.untold, 60)
  assert.ok(first.items.length >= 20)
  assert.ok(Buffer.byteLength(JSON.stringify(first)) <= EVENT_BYTES_MAX)
  assert.deepEqual(first.items[0]?.labels, {})
})
