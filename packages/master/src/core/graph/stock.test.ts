import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { HostId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { Image, StockSlice } from '@roadstead/shared/protocol/stock.ts'
import { Stock } from './stock.ts'

const site = SiteId.parse('s1')
const cause = { action: 'list', seenAtMs: 0 }
const hosts = ['h1', 'h2'].map((id) => HostId.parse(id))
const [h1, h2] = [HostId.parse('h1'), HostId.parse('h2')]
const digest = (digit: number): string => `sha256:${String(digit).repeat(64)}`

function anImage(digit: number, more: Partial<Image> = {}): Image {
  const plain = { tags: [`a:${digit}`], digests: [], bytes: 1, createdAt: '', platform: '' }
  return { id: digest(digit), ...plain, labels: {}, layers: [digest(9), digest(digit)], ...more }
}

function aWord(
  host: HostId,
  seq: number,
  items: readonly Image[],
  { boot = 1, slice = 0, untold = 0 } = {},
): StockSlice {
  const stamp = { host, boot, seq }
  return { kind: 'stock', v: 1, site, stamp, cause, slice, untold, of: 'images', items: [...items] }
}

/** A fresh reading of the same words: nothing is shared before the fold shares it. */
function read(word: StockSlice): StockSlice {
  return structuredClone(word)
}

function picture(stock: Stock) {
  return stock.hosts.map((host) => [
    host,
    stock.images(host),
    stock.untold(host, 'images'),
    stock.slices(host),
  ])
}

test('the newest word about a slice replaces the one before, and leaves other slices alone', () => {
  const stock = new Stock()
  stock.hear(aWord(h1, 1, [anImage(1)]))
  assert.deepEqual(stock.images(h1), [anImage(1)])
  stock.hear(aWord(h1, 2, [anImage(2)], { slice: 1, untold: 3 }))
  assert.equal(stock.hostImages(h1).images.length, 2)
  stock.hear(aWord(h1, 3, []))
  assert.deepEqual(stock.images(h1), [anImage(2)])
  assert.deepEqual(stock.slices(h1), { images: 2, volumes: 0 })
  assert.equal(stock.untold(h1, 'images'), 3)
})

test('a late word changes nothing, and a new life of the agent counts from its start', () => {
  const stock = new Stock()
  stock.hear(aWord(h1, 7, [anImage(1)]))
  stock.hear(aWord(h1, 6, []))
  stock.hear(aWord(h1, 7, []))
  assert.equal(stock.images(h1).length, 1)
  stock.hear(aWord(h1, 1, [anImage(2)], { boot: 2 }))
  stock.hear(aWord(h1, 8, [anImage(1)]))
  assert.deepEqual(stock.images(h1), [anImage(2)])
})

test('the same image on many hosts is one object, and so is a layer of many images', () => {
  const stock = new Stock()
  for (const host of hosts) stock.hear(read(aWord(host, 1, [anImage(1), anImage(2)])))
  assert.equal(stock.images(h1)[0], stock.images(h2)[0])
  assert.deepEqual(stock.kept, { images: 2, layers: 3 })
  stock.hear(read(aWord(h2, 2, [anImage(1, { tags: ['other:1'] }), anImage(2)])))
  assert.deepEqual(stock.kept, { images: 3, layers: 3 })
  assert.deepEqual(stock.images(h1)[0]?.tags, ['a:1'])
})

test('what nobody has any more is let go of', () => {
  const stock = new Stock()
  for (const host of hosts) stock.hear(read(aWord(host, 1, [anImage(1), anImage(2)])))
  stock.hear(aWord(h1, 2, []))
  assert.deepEqual(stock.kept, { images: 2, layers: 3 })
  stock.hear(read(aWord(h2, 2, [anImage(2)])))
  assert.deepEqual(stock.kept, { images: 1, layers: 2 })
  stock.hear(aWord(h2, 3, []))
  assert.deepEqual(stock.kept, { images: 0, layers: 0 })
})

test('an image that is in a slice twice is let go of twice', () => {
  const stock = new Stock()
  stock.hear(read(aWord(h1, 1, [anImage(1), anImage(1)])))
  stock.hear(read(aWord(h1, 2, [anImage(1)])))
  assert.deepEqual(stock.kept, { images: 1, layers: 2 })
  stock.hear(aWord(h1, 3, []))
  assert.deepEqual(stock.kept, { images: 0, layers: 0 })
})

test('words may come twice and in any order: the same stock, and nothing is kept for nobody (I2)', () => {
  const items = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom('a:1', 'b:1')), {
    maxLength: 3,
  })
  const word = fc.record({
    host: fc.constantFrom(...hosts),
    boot: fc.integer({ min: 1, max: 2 }),
    slice: fc.integer({ min: 0, max: 1 }),
    items,
  })
  const words = fc.array(word, { maxLength: 12 }).map((all) =>
    all.map(({ host, boot, slice, items: of }, at) =>
      aWord(
        host,
        at + 1,
        of.map(([digit, tag]) => anImage(digit, { tags: [tag] })),
        { boot, slice },
      ),
    ),
  )
  const heard = words.chain((all) =>
    fc.tuple(
      fc.constant(all),
      fc.shuffledSubarray(
        [...all, ...all].map((_, at) => at),
        { minLength: 2 * all.length, maxLength: 2 * all.length },
      ),
    ),
  )
  fc.assert(
    fc.property(heard, ([all, order]) => {
      const [straight, shuffled] = [new Stock(), new Stock()]
      for (const each of newestOf(all)) straight.hear(read(each))
      const twice = [...all, ...all]
      for (const at of order) {
        const each = twice[at]
        if (each !== undefined) shuffled.hear(read(each))
      }
      assert.deepEqual(picture(shuffled), picture(straight))
      const objects = new Set(hosts.flatMap((host) => shuffled.images(host)))
      const layers = new Set([...objects].flatMap((image) => image.layers))
      assert.deepEqual(shuffled.kept, { images: objects.size, layers: layers.size })
    }),
  )
})

/** The dumb way: of each slice the word with the highest stamp. */
function newestOf(words: readonly StockSlice[]): StockSlice[] {
  const rank = ({ stamp }: StockSlice): number => stamp.boot * 1_000 + stamp.seq
  const newest = new Map<string, StockSlice>()
  for (const word of words.toSorted((a, b) => rank(a) - rank(b))) {
    newest.set(`${word.stamp.host} ${word.slice}`, word)
  }
  return [...newest.values()]
}
