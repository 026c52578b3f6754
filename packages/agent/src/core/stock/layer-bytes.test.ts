import assert from 'node:assert/strict'
import { test } from 'node:test'
import { layerBytes } from './layer-bytes.ts'

/** The oldest line first, as people write a Dockerfile. */
function sizes(layers: number, ...lines: readonly (readonly [string, number])[]) {
  const history = lines.map(([CreatedBy, Size]) => ({ CreatedBy, Size })).toReversed()
  return layerBytes(layers, history)
}

test('lines without a size made no layer, where that adds up', () => {
  const lines = [
    ['ADD rootfs', 70],
    ['CMD ["sh"]', 0],
    ['RUN make', 30],
  ] as const
  assert.deepEqual(sizes(2, ...lines), [70, 30])
})

test('an image that was imported is one line', () => {
  assert.deepEqual(sizes(1, ['', 10]), [10])
  assert.deepEqual(sizes(2, ['', 0], ['', 10]), [0, 10])
})

test('an empty layer is told from an instruction by its words', () => {
  const lines = [
    ['/bin/sh -c #(nop) ADD file:1 in / ', 70],
    ['/bin/sh -c #(nop)  ENV A=1', 0],
    ['WORKDIR /app', 0],
    ['RUN /bin/sh -c true # buildkit', 0],
    ['CMD ["ENV"]', 0],
  ] as const
  assert.deepEqual(sizes(3, ...lines), [70, 0, 0])
  assert.deepEqual(sizes(2, ...lines), [70, 0])
})

test('what does not add up is not guessed', () => {
  assert.equal(sizes(3, ['RUN a', 1], ['RUN b', 1]), undefined)
  assert.equal(sizes(1), undefined)
})
