import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Delivery } from '@roadstead/bus/ports.ts'
import { systemClock } from '@roadstead/shared/kernel/clock.ts'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { StockSlice } from '@roadstead/shared/protocol/stock.ts'
import { Stock } from '../core/graph/stock.ts'
import type { Note } from '../core/history/note.ts'
import { exampleDigest, exampleImage, exampleImages } from '../core/stock-examples.ts'
import { foldStock } from './fold-stock.ts'
import { SettleWindow, STREAMS } from './settle-window.ts'

const alpha = HostId.parse('alpha')
const at = { seq: 1, born: 1, subject: 'rs.v1.fact.main.alpha.images.0' }

test('it is read after all that routes depend on, and a loss of the stream takes nothing back', async () => {
  const settle = new SettleWindow(systemClock)
  const stock = new Stock()
  const stop = new AbortController()
  let asked = 0
  const rejected: string[] = []
  const word = (seq: number): StockSlice =>
    exampleImages('alpha', seq, [exampleImage(exampleDigest(seq))])
  const noted: Note[] = []
  async function* followStock(): AsyncGenerator<Delivery<StockSlice>, void> {
    asked += 1
    yield { kind: 'message', ...at, value: word(1) }
    yield { kind: 'caught-up', seq: 1 }
    yield { kind: 'message', ...at, value: word(2) }
    yield { kind: 'reset', why: 'another-stream' }
    yield { kind: 'invalid', ...at, error: 'not JSON' }
    yield { kind: 'caught-up', seq: 0 }
  }
  const folding = foldStock(
    {
      bus: { followStock },
      stock,
      notes: { put: (notes) => void noted.push(...notes) },
      settle,
      reject: (stream) => void rejected.push(stream),
      count: () => undefined,
    },
    stop.signal,
  )
  for (const stream of STREAMS.slice(1)) settle.setCaughtUp(stream, true)
  assert.equal(asked, 0)
  for (const stream of STREAMS) settle.setCaughtUp(stream, true)
  await folding
  assert.equal(asked, 1)
  assert.equal(stock.images(alpha).length, 1)
  assert.deepEqual(rejected, ['stock'])
  assert.equal(noted.length, 2)
})
