import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { aState, cause, idOf, inspectJson, shortHash as hash } from '../testing.ts'
import { Looker } from './look.ts'

const id = idOf('a')

/** Time goes on at every reading, as it does; a timer rings a little early, as it may. */
class RestlessClock implements Clock {
  nowMs = 0
  readonly timers: { readonly atMs: number; readonly task: () => void }[] = []

  monoMs(): number {
    this.nowMs += 0.4
    return this.nowMs
  }

  wallMs(): number {
    return this.nowMs
  }

  sleep(): Promise<void> {
    return Promise.resolve()
  }

  after(ms: number, task: () => void): Disposable {
    const timer = { atMs: this.nowMs + ms, task }
    this.timers.push(timer)
    return { [Symbol.dispose]: () => void this.timers.splice(this.timers.indexOf(timer), 1) }
  }

  /** Rings the timers in their order until none is left. */
  async ringAll(earlyMs: number): Promise<void> {
    for (let next = this.#earliest(); next !== undefined; next = this.#earliest()) {
      this.timers.splice(this.timers.indexOf(next), 1)
      this.nowMs = Math.max(this.nowMs, next.atMs - earlyMs)
      next.task()
      await new Promise(setImmediate)
    }
  }

  #earliest(): (typeof this.timers)[number] | undefined {
    return this.timers.toSorted((a, b) => a.atMs - b.atMs)[0]
  }
}

test('a look that may wait is made, however its timer falls between two readings of the clock', async () => {
  for (let earlyMs = 0; earlyMs < 1.2; earlyMs += 0.05) {
    const clock = new RestlessClock()
    let looks = 0
    const engine = {
      inspect: async () => {
        looks += 1
        return inspectJson()
      },
      image: async () => undefined,
    }
    const readiness = {
      plan: () => undefined,
      tryNow: async () => [],
      consider: () => undefined,
    }
    const looker = new Looker(
      { engine, state: aState(), readiness, clock, log, hash },
      new AbortController().signal,
    )
    looker.request({ id, cause }, 'soon')

    await clock.ringAll(earlyMs)

    assert.equal(looks, 1, `with a timer that rings ${earlyMs.toFixed(2)} ms early`)
  }
})
