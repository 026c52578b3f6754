import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { News } from '@roadstead/shared/protocol/news.ts'
import { serveDockerSocket } from './serve-docker-socket.ts'

test('a socket that cannot be served is said once, tried again, and served when it can be', async () => {
  const stop = new AbortController()
  const said: News[] = []
  const slept: number[] = []
  let closed = 0
  let tries = 0
  const clock: Clock = {
    wallMs: () => 0,
    monoMs: () => 0,
    sleep: async (ms) => void slept.push(ms),
    after: () => ({ [Symbol.dispose]: () => undefined }),
  }
  const open = async (): Promise<AsyncDisposable> => {
    tries += 1
    if (tries < 4) throw new RoadsteadError('socket-taken', { path: '/run/d.sock', why: 'a file' })
    setImmediate(() => stop.abort())
    return { [Symbol.asyncDispose]: async () => void (closed += 1) }
  }
  let problem: string | undefined
  const problems: (string | undefined)[] = []
  const state = {
    get socketProblem() {
      return problem
    },
    set socketProblem(now) {
      problem = now
      problems.push(now)
    },
    tell: ({ news }: { readonly news: News }) => void said.push(news),
  }

  await serveDockerSocket({ open, state, clock, log }, stop.signal)

  assert.deepEqual(slept, [10_000, 10_000, 10_000])
  assert.equal(said.length, 1)
  assert.match(said[0]?.attributes['why'] ?? '', /a file/)
  assert.equal(closed, 1)
  assert.equal(problems.length, 4)
  assert.match(problems[0] ?? '', /a file/)
  assert.equal(problem, undefined, 'the masters hear that it is over')
})
