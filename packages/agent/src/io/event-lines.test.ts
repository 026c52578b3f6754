import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { EventLines } from './event-lines.ts'

const never = new AbortController().signal
const arrived = async (lines: EventLines): Promise<string[]> => {
  await lines.arrival(never)
  return lines.drain().lines.map((it) => it.text)
}

test('lines come whole, however they were cut', async () => {
  const stream = new PassThrough()
  const lines = new EventLines(stream, () => 7)
  stream.write('one\ntw')
  assert.deepEqual(await arrived(lines), ['one'])
  const [first, second] = [Buffer.from('o ü').subarray(0, 3), Buffer.from('o ü').subarray(3)]
  stream.write(first)
  stream.write(second)
  stream.write('\n')
  await lines.arrival(never)
  const { lines: drained } = lines.drain()
  assert.deepEqual(drained, [{ text: 'two ü', arrivedAtMs: 7 }])
})

test('a reader that falls behind loses all of them, and knows it', async () => {
  const stream = new PassThrough()
  const lines = new EventLines(stream, () => 0)
  for (let chunk = 0; chunk < 51; chunk += 1) stream.write('x\n'.repeat(1_000))
  await lines.arrival(never)
  await new Promise((resolve) => setImmediate(resolve))
  const { lines: left, overflowed } = lines.drain()
  assert.equal(overflowed, true)
  assert.equal(left.length, 1_000)
  assert.equal(lines.drain().overflowed, false)
})

test('a line without an end is skipped, and means a list', async () => {
  const stream = new PassThrough()
  const lines = new EventLines(stream, () => 0)
  stream.write('x'.repeat(1024 * 1024 + 1))
  await new Promise((resolve) => setImmediate(resolve))
  stream.write('the rest\nnext\n')
  await new Promise((resolve) => setImmediate(resolve))
  const drained = lines.drain()
  assert.deepEqual(
    drained.lines.map((it) => it.text),
    ['next'],
  )
  assert.equal(drained.overflowed, true)
})

test('an end is noticed, however it comes', async () => {
  for (const end of [
    (it: PassThrough) => it.end(),
    (it: PassThrough) => it.destroy(new Error('x')),
  ]) {
    const stream = new PassThrough()
    const lines = new EventLines(stream, () => 0)
    end(stream)
    await lines.arrival(never)
    assert.equal(lines.ended, true)
  }
})
