import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { seededRandom } from '@roadstead/shared/kernel/random.ts'
import type { ClientHello, LiveFrame } from '@roadstead/shared/protocol/live.ts'
import type { Connection } from '../core/connection.ts'
import { liveState } from '../core/sample.ts'
import { followLive } from './follow-live.ts'

const snapshot = (instance: string, revision: number): LiveFrame => ({
  kind: 'snapshot',
  instance,
  revision,
  state: liveState(),
})

/** Runs the loop over connections that each give these frames, until they are used up. */
async function play(connections: LiveFrame[][], session: 'signed-in' | 'refused' = 'signed-in') {
  const stop = new AbortController()
  const hellos: ClientHello[] = []
  const shown: Connection[] = []
  const waits: number[] = []
  await followLive(
    {
      async *open(hello) {
        hellos.push(hello)
        const frames = connections.shift()
        if (frames === undefined) stop.abort()
        yield* frames ?? []
      },
      session: async () => ({ kind: session }),
      show: (_, connection) => shown.push(connection),
      wake: new Bell(),
      clock: instantClock(waits),
      random: seededRandom(1),
    },
    stop.signal,
  )
  return { hellos, kinds: shown.map(({ kind }) => kind), waits }
}

/** Timers fire at once, and what was waited for is kept. */
function instantClock(waits: number[]): Clock {
  return {
    wallMs: () => 1_000,
    monoMs: () => 0,
    sleep: async () => undefined,
    after(ms, task) {
      waits.push(ms)
      queueMicrotask(task)
      return { [Symbol.dispose]: () => undefined }
    },
  }
}

test('a lost connection is taken up where it was', async () => {
  const { hellos, kinds } = await play([[snapshot('one', 5)], [{ kind: 'idle', revision: 5 }]])
  assert.deepEqual(hellos.slice(0, 3), [
    { kind: 'hello' },
    { kind: 'hello', resume: { instance: 'one', revision: 5 } },
    { kind: 'hello', resume: { instance: 'one', revision: 5 } },
  ])
  assert.deepEqual(kinds.slice(0, 4), ['connecting', 'live', 'disconnected', 'live'])
})

test('a history with a hole is asked for anew', async () => {
  const gap: LiveFrame = { kind: 'patch', from: 9, revision: 10, patch: {} }
  const { hellos } = await play([[snapshot('one', 5), gap], []])
  assert.deepEqual(hellos[1], { kind: 'hello' })
})

test('waits grow while nothing answers, and start small again after a frame', async () => {
  const { waits } = await play([[], [], [], [snapshot('one', 1)]])
  assert.ok((waits[2] ?? 0) > (waits[0] ?? 0))
  assert.ok((waits[3] ?? 0) <= 400)
})

test('a refused session ends the loop: only a person can mend that', async () => {
  const { kinds } = await play([[], []], 'refused')
  assert.deepEqual(kinds, ['connecting', 'signed-out'])
})
