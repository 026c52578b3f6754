import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import Docker from 'dockerode'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { DEMO_IMAGE, startSimulatedEngine } from '@roadstead/simulator/engine.ts'

test('steps are spread over the time, and those of one container wait for each other', async () => {
  await using simulated = await startWith(20)
  const starts = simulated.ids.map((container) => ({ container, does: 'start' }) as const)
  const stops = simulated.ids.map((container) => ({ container, does: 'stop' }) as const)
  const crashes = simulated.ids.map((container) => ({ container, does: 'crash' }) as const)

  const { events, tookMs } = await simulated.engine.play({
    steps: [...starts, ...stops, ...starts, ...crashes],
    overMs: 200,
  })

  assert.ok(tookMs >= 190, `${tookMs} ms`)
  const lives = 'connect start kill die disconnect stop connect start die disconnect'
  for (const id of simulated.ids) {
    const about = events.filter((it) => it.id === id || it.type === 'network')
    assert.deepEqual(
      about.filter((it) => it.type === 'container').map((it) => it.action),
      lives.split(' ').filter((it) => !it.endsWith('connect')),
    )
  }
  assert.equal(events.length, 20 * lives.split(' ').length)
})

test('what cannot be done is told, when all the rest is done', async () => {
  await using simulated = await startWith(1)
  const [container = ''] = simulated.ids
  const steps = [
    { container: 'nobody', does: 'start' },
    { container, does: 'start' },
  ] as const

  await assert.rejects(simulated.engine.play({ steps: [...steps], overMs: 0 }), /nobody/)

  const { State } = await simulated.docker.getContainer(container).inspect()
  assert.equal(State.Running, true)
})

test('who made an engine hang can mend it, though nobody else gets an answer', async () => {
  await using simulated = await startWith(1)
  const ask = (hang: string | null): Promise<number> => post(simulated.engine.socketPath, { hang })

  assert.equal(await ask(''), 204)
  const abortSignal = AbortSignal.timeout(200)
  await assert.rejects(simulated.docker.listContainers({ abortSignal }))
  assert.equal(await ask(null), 204)
  assert.equal((await simulated.docker.listContainers({ all: true })).length, 1)
})

async function post(socketPath: string, body: object): Promise<number> {
  const asking = request({ socketPath, path: '/simulated/faults', method: 'POST' })
  asking.end(JSON.stringify(body))
  const [answer] = await once(asking, 'response')
  answer.resume()
  return answer.statusCode
}

async function startWith(count: number) {
  await using made = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-play-'))
  made.defer(() => rm(directory, { recursive: true }))
  const socketPath = join(directory, 'docker.sock')
  const engine = made.use(await startSimulatedEngine({ clock, socketPath }))
  const docker = new Docker({ socketPath })
  const boxes = await Promise.all(
    Array.from({ length: count }, () => docker.createContainer({ Image: DEMO_IMAGE })),
  )
  const all = made.move()
  const dispose = (): Promise<void> => all.disposeAsync()
  return { engine, docker, ids: boxes.map((it) => it.id), [Symbol.asyncDispose]: dispose }
}
