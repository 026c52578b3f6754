import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Image } from '@roadstead/shared/protocol/stock.ts'
import { exampleDigest, exampleImage } from '../stock-examples.ts'
import { layerOrder, unusedBytes } from './layer-space.ts'

/** An image of layers that are as large as their digits say. */
function image(number: number, digits: readonly number[]): Image {
  const layers = digits.map(exampleDigest)
  return exampleImage(exampleDigest(100 + number), { layers, layerBytes: [...digits] })
}

function layerSpace(images: readonly Image[], isInUse: (id: string) => boolean) {
  const order = layerOrder(images)
  return { ...order, unusedBytes: unusedBytes(order, isInUse) }
}

const nobody = (): boolean => false

test('layers that another image has too are not its own', () => {
  const [base, web, shop] = [image(1, [7]), image(2, [7, 2]), image(3, [7, 2, 1])]
  const space = layerSpace([shop, base, web], (id) => id === web.id)
  assert.deepEqual(
    [base, web, shop].map(({ id }) => space.ownBytes.get(id)),
    [0, 0, 1],
  )
  assert.deepEqual([space.bytes, space.unusedBytes, space.exact], [10, 1, true])
})

test('the same layer above another one is kept twice', () => {
  const space = layerSpace([image(1, [5, 3]), image(2, [6, 3])], nobody)
  assert.equal(space.bytes, 17)
})

test('what is not known is not counted, and said to be missing', () => {
  const { layerBytes: _, ...unknown } = image(1, [5, 3])
  const space = layerSpace([unknown, image(2, [5, 4])], nobody)
  assert.equal(space.ownBytes.get(unknown.id), undefined)
  assert.equal(space.ownBytes.get(image(2, []).id), 4)
  assert.equal(space.exact, false)
})

test('it is what one gets by writing every chain of layers down', () => {
  const layers = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 })
  const images = fc
    .array(fc.tuple(layers, fc.boolean()), { maxLength: 8 })
    .map((all) => all.map(([digits, isUsed], at) => ({ of: image(at, digits), digits, isUsed })))
  fc.assert(
    fc.property(images, (all) => {
      const used = new Set(all.filter(({ isUsed }) => isUsed).map(({ of }) => of.id))
      const space = layerSpace(
        all.map(({ of }) => of),
        (id) => used.has(id),
      )
      const whole = sizeOf(all.map(({ digits }) => digits))
      const left = sizeOf(all.filter(({ isUsed }) => isUsed).map(({ digits }) => digits))
      assert.deepEqual([space.bytes, space.unusedBytes], [whole, whole - left])
      for (const { of } of all) {
        const others = all.filter((it) => it.of !== of).map(({ digits }) => digits)
        assert.equal(space.ownBytes.get(of.id), whole - sizeOf(others))
      }
    }),
  )
})

/** The dumb way: each beginning of each image once. */
function sizeOf(images: readonly (readonly number[])[]): number {
  const chains = images.flatMap((layers) => layers.map((_, at) => layers.slice(0, at + 1).join()))
  const sizes = [...new Set(chains)].map((chain) => Number(chain.split(',').at(-1)))
  return sizes.reduce((sum, size) => sum + size, 0)
}
