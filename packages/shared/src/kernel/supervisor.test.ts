import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from './log.ts'
import { Supervisor } from './supervisor.ts'

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

test('a loop that fails ends the wait with its error, and stops the others', async () => {
  let otherStopped = false
  const failure = new Error('no more')
  const wait = async (): Promise<void> => {
    await using loops = new Supervisor(silentLog)
    loops.run('steady', async (signal) => {
      await untilAborted(signal)
      otherStopped = true
    })
    loops.run('broken', () => Promise.reject(failure))
    await loops.untilStopped(new AbortController().signal)
  }

  await assert.rejects(wait, (error: Error) => error.cause === failure)
  assert.ok(otherStopped)
})

test('a loop that ends by itself is a failure too', async () => {
  await using loops = new Supervisor(silentLog)
  loops.run('short', () => Promise.resolve())

  await assert.rejects(loops.untilStopped(new AbortController().signal), /loop short failed/)
})

test('the wait ends in peace when the process is told to stop', async () => {
  const stop = new AbortController()
  await using loops = new Supervisor(silentLog)
  loops.run('steady', untilAborted)
  stop.abort()

  await loops.untilStopped(stop.signal)
})
