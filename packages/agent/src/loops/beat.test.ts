import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Heartbeat } from '@roadstead/shared/protocol/heartbeat.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { systemClock } from '@roadstead/shared/kernel/clock.ts'
import type { AgentState } from '../state.ts'
import { aState, STARTED_AT } from '../testing.ts'
import { beat, Nonces } from './beat.ts'

test('each heartbeat says why the drain-aware socket is not served, until it is', async () => {
  const state = aState()
  state.socketProblem = 'a file is in the way'
  const said = await beats(state, 2, () => {
    state.socketProblem = undefined
    return 'time'
  })
  assert.deepEqual(
    said.map(({ socketProblem }) => socketProblem),
    ['a file is in the way', undefined, undefined],
  )
})

test('an engine that begins or ceases to answer is told at once', async () => {
  const state = aState()
  const said = await beats(state, 3, (count) => {
    if (count === 1) state.noteEngine('answering', STARTED_AT)
    if (count === 2) state.noteEngine('unreachable', STARTED_AT, 'no such file')
    return 'no time'
  })
  assert.deepEqual(
    said.map(({ engine, engineProblem }) => [engine, engineProblem]),
    [
      ['unreachable', undefined],
      ['answering', undefined],
      ['unreachable', 'no such file'],
      ['unreachable', 'no such file'],
    ],
  )
})

/** What is said until `count` heartbeats have been, the last word included. */
async function beats(
  state: AgentState,
  count: number,
  between: (said: number) => 'time' | 'no time',
): Promise<Heartbeat[]> {
  const said: Heartbeat[] = []
  const stop = new AbortController()
  const onChange = (): Disposable => ({ [Symbol.dispose]: () => undefined })
  const after = (_ms: number, task: () => void): Disposable => {
    if (said.length === count) stop.abort()
    else if (between(said.length) === 'time') task()
    return onChange()
  }
  const deps = {
    bus: { beat: (word: Heartbeat) => void said.push(Heartbeat.parse(word)), link: { onChange } },
    state,
    spool: { length: 0 },
    nonces: new Nonces(() => '0'.repeat(32)),
    clock: { ...systemClock, after },
    random,
  }
  await beat(deps, stop.signal)
  return said
}
