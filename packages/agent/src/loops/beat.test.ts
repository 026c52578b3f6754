import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Heartbeat } from '@roadstead/shared/protocol/heartbeat.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { aState } from '../testing.ts'
import { beat, Nonces } from './beat.ts'

test('each heartbeat says why the drain-aware socket is not served, until it is', async () => {
  const state = aState()
  const problems: (string | undefined)[] = []
  const stop = new AbortController()
  state.socketProblem = 'a file is in the way'
  const onChange = (): Disposable => ({ [Symbol.dispose]: () => undefined })
  await beat(
    {
      bus: {
        beat: (said) => void problems.push(Heartbeat.parse(said).socketProblem),
        link: { onChange },
      },
      state,
      spool: { length: 0 },
      nonces: new Nonces(() => '0'.repeat(32)),
      clock: {
        wallMs: () => 0,
        monoMs: () => 0,
        after: onChange,
        sleep: async () => {
          state.socketProblem = undefined
          if (problems.length === 2) stop.abort()
        },
      },
      random,
    },
    stop.signal,
  )
  assert.deepEqual(problems, ['a file is in the way', undefined, undefined])
})
