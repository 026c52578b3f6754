import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { Decision } from '@roadstead/shared/protocol/decision.ts'
import { exampleContainer, exampleStamp } from '../core/examples.ts'
import { type DecisionMap, remember } from './remember.ts'

test('few decisions are written each second, thousands ten times as seldom', async () => {
  assert.equal(await writesIn(60_000, 10), 60)
  assert.equal(await writesIn(60_000, 8_000), 6)
})

const drained = Decision.parse({
  kind: 'drain',
  host: exampleStamp('alpha', 1).host,
  container: exampleContainer(1).id,
  by: 'me',
  why: '',
  since: 'now',
})

/** How often the file is written in a time in which decisions change all the while. */
async function writesIn(spanMs: number, count: number): Promise<number> {
  const keys = Array.from({ length: count }, (_, index) => `d.claim.${index}`)
  let nowMs = 0
  let writes = 0
  const stop = new AbortController()
  const nothing = (): Disposable => ({ [Symbol.dispose]: () => undefined })
  await remember(
    {
      file: {
        read: () => Promise.resolve(new Map()),
        write: () => Promise.resolve(void (writes += 1)),
      },
      state: {
        get graph(): { decisions: DecisionMap } {
          return { decisions: new Map(keys.map((key) => [key, drained])) }
        },
        subscribe: (_topics, listener) => {
          listener()
          return nothing()
        },
      },
      position: { isCaughtUp: true, hasSeen: () => true },
      leads: () => false,
      onLeadership: nothing,
      pen: { write: () => Promise.resolve() },
      clock: {
        wallMs: () => nowMs,
        monoMs: () => nowMs,
        after: (_ms, task) => {
          task()
          return nothing()
        },
        sleep: (ms) => {
          nowMs += ms
          if (nowMs >= spanMs) stop.abort()
          return Promise.resolve()
        },
      },
      log,
    },
    stop.signal,
  )
  return writes
}
