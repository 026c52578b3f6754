import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import Docker from 'dockerode'
import { DockerEngine } from '@roadstead/agent/io/engine.ts'
import { wayToSocket } from '@roadstead/agent/io/engine-way.ts'
import { tryConnect } from '@roadstead/agent/io/prober.ts'
import { probeReadiness } from '@roadstead/agent/loops/probe-readiness.ts'
import { type Engine, watchEngine } from '@roadstead/agent/loops/watch-engine.ts'
import { aState, shortHash } from '@roadstead/agent/testing.ts'
import { type Clock, systemClock } from '@roadstead/shared/kernel/clock.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { seededRandom } from '@roadstead/shared/kernel/random.ts'
import type { Observation } from '@roadstead/shared/protocol/observation.ts'
import { DEMO_IMAGE, startSimulatedEngine } from '@roadstead/simulator/engine.ts'
import { calm, eventually, throughout } from '../rig/eventually.ts'

/** The agent's watch on an engine that can be made to misbehave. */

const SOON = { withinMs: 15_000 }
/** Waits ten times shorter: the list comes every 3 s, the ping every half second. */
const hasty: Clock = {
  ...systemClock,
  monoMs: () => systemClock.monoMs() * 10,
  sleep: (ms, signal) => systemClock.sleep(ms / 10, signal),
  after: (ms, task) => systemClock.after(ms / 10, task),
}

async function watch(
  meddle: (engine: Engine) => Engine = (it) => it,
  clock: Clock = systemClock,
  containersBefore = 0,
) {
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-watch-'))
  const socketPath = join(directory, 'docker.sock')
  const simulated = await startSimulatedEngine({ clock: systemClock, socketPath })
  const docker = new Docker({ socketPath })
  const state = aState()
  const counts: number[] = []
  const stop = new AbortController()
  const engine = new DockerEngine(wayToSocket(socketPath), () => 0)
  const begin = (): Promise<void> => {
    const readiness = probeReadiness(
      { connect: tryConnect, vantage: { kind: 'here' }, state, clock },
      stop.signal,
    )
    const seen = { state, readiness, clock, log, hash: shortHash, random: seededRandom(1) }
    const more = {
      engine: meddle(engine),
      addresses: () => [],
      agentVersion: 'test',
      hostName: 'alpha',
      memory: {
        containersBefore,
        keepContainers: async (count: number) => void counts.push(count),
      },
    }
    return watchEngine({ ...seen, ...more }, stop.signal)
  }
  let watching: Promise<void> = Promise.resolve()
  return {
    simulated,
    docker,
    state,
    counts,
    async run(name: string, Env: string[] = []): Promise<string> {
      const Labels = { 'roadstead.host': 'a.test' }
      const container = await docker.createContainer({ name, Image: DEMO_IMAGE, Env, Labels })
      await container.start()
      return container.id
    },
    async begin(): Promise<void> {
      watching = begin()
      await eventually('everything was seen', () => state.isComplete, SOON)
    },
    told: (): Observation[] => state.outbox.drain(),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await watching
      engine[Symbol.dispose]()
      await simulated[Symbol.asyncDispose]()
      await rm(directory, { recursive: true })
    },
  }
}

test('a container started after the stream was opened and before the list is found', async () => {
  await using w = await watch((engine) => ({
    ...bound(engine),
    listContainers: async (signal) => {
      if (w.state.find('between') === undefined) await w.run('between').catch(() => undefined)
      return engine.listContainers(signal)
    },
  }))
  await w.begin()
  assert.equal(w.state.find('between')?.state, 'running')
})

test('a container started after the list was made, while it is on its way, is found', async () => {
  let isStarted = false
  await using w = await watch((engine) => ({
    ...bound(engine),
    listContainers: async (signal) => {
      const list = await engine.listContainers(signal)
      if (!isStarted) {
        isStarted = true
        await w.run('late')
      }
      return list
    },
  }))
  await w.begin()
  await eventually('late is known', () => w.state.find('late')?.state === 'running', SOON)
})

test('a container that vanishes between list and inspection spoils nothing else', async () => {
  await using w = await watch((engine) => ({
    ...bound(engine),
    listContainers: async (signal) => {
      const list = await engine.listContainers(signal)
      const gone = w.docker.getContainer('gone')
      await gone.remove({ force: true }).catch(() => undefined)
      return list
    },
  }))
  await w.run('gone')
  await w.run('stays')
  await w.begin()
  assert.equal(w.state.find('stays')?.state, 'running')
  assert.equal(w.state.find('gone'), undefined)
})

test('a container that cannot be inspected is left out, all others are seen', async () => {
  await using w = await watch(undefined, hasty)
  const bad = await w.run('bad')
  await w.run('good')
  w.simulated.faults.fail = bad
  await w.begin()
  assert.equal(w.state.find('good')?.state, 'running')
  w.simulated.faults.fail = undefined
  const isSeen = (): boolean => w.state.find('bad')?.state === 'running'
  await eventually('bad is seen later', isSeen, { withinMs: 20_000 })
})

test('a container that fails for longer than a look is retried is found by a later list', async () => {
  await using w = await watch(undefined, hasty)
  const bad = await w.run('bad')
  w.simulated.faults.fail = bad
  await w.begin()
  await calm(1_500)()
  assert.equal(w.state.find('bad'), undefined)
  w.simulated.faults.fail = undefined
  await eventually('bad is seen', () => w.state.find('bad')?.state === 'running', {
    withinMs: 20_000,
  })
})

test('the first snapshot waits for a container whose inspection fails at first', async () => {
  await using w = await watch(undefined, hasty)
  const slow = await w.run('slow')
  w.simulated.faults.fail = slow
  const begun = w.begin()
  await calm(300)()
  assert.equal(w.state.isComplete, false)
  w.simulated.faults.fail = undefined
  await begun
  assert.equal(w.state.find('slow')?.state, 'running')
})

test('a hung engine is noticed, keeps its last state, and is caught up with', async () => {
  await using w = await watch(undefined, hasty)
  const id = await w.run('shop')
  await w.begin()
  w.simulated.faults.hang = ''
  await eventually('noticed', () => w.state.engine.state === 'unreachable', { withinMs: 20_000 })
  assert.equal(w.state.container(w.state.find('shop')?.id ?? raise())?.id, id)
  w.simulated.faults.hang = undefined
  await w.run('meanwhile')
  await eventually('caught up', () => w.state.find('meanwhile'), SOON)
  await eventually('answering', () => w.state.engine.state === 'answering', SOON)
})

test('an empty list beside known containers removes nothing', async () => {
  await using w = await watch(undefined, hasty)
  await w.run('shop')
  await w.begin()
  w.simulated.faults.emptyList = true
  w.simulated.closeStreams()
  await eventually('reconnected', () => w.state.engine.state === 'unreachable', SOON)
  await eventually('again', () => w.state.engine.state === 'answering', SOON)
  // Longer than it takes to believe an empty list: then each container is asked for by its name.
  const isKnown = (): void => assert.equal(w.state.find('shop')?.state, 'running')
  await throughout('shop is known', isKnown, calm(1_200))
})

test('an empty list right after a restart is asked for again when an earlier life knew some', async () => {
  await using w = await watch(undefined, hasty, 3)
  w.simulated.faults.emptyList = true
  await w.run('shop')
  const beginning = w.begin()
  // Half of what it takes, at this clock, until two lists agree.
  const isOpen = (): void => assert.equal(w.state.isComplete, false)
  await throughout('nothing is concluded', isOpen, calm(250))
  w.simulated.faults.emptyList = false
  await beginning
  assert.equal(w.state.find('shop')?.state, 'running')
  await eventually('the next life is told', () => w.counts.at(-1) === 1, SOON)
})

test('an empty list is believed after a restart when another one agrees', async () => {
  await using w = await watch(undefined, hasty, 3)
  await w.begin()
  assert.equal(w.state.containerCount, 0)
  await eventually('the next life is told', () => w.counts.at(-1) === 0, SOON)
})

test('what lost events hid, the next list shows', async () => {
  await using w = await watch(undefined, hasty)
  await w.run('other')
  await w.begin()
  w.simulated.faults.dropEvents = true
  await w.run('silent')
  await eventually('found by the list', () => w.state.find('silent'), SOON)
  await w.docker.getContainer('silent').remove({ force: true })
  await eventually('gone by the list', () => w.state.find('silent') === undefined, SOON)
})

test('a container is stopping from its stop signal to its end, and not after', async () => {
  await using w = await watch()
  await w.begin()
  await w.run('slow', ['SIMULATED_STOP_AFTER_MS=150'])
  await eventually('running', () => w.state.find('slow')?.state === 'running', SOON)
  await w.docker.getContainer('slow').stop()
  await eventually('exited', () => w.state.find('slow')?.state === 'exited', SOON)
  const phases = w.told().flatMap((it) => {
    if (it.kind !== 'container-seen' || it.container.name !== 'slow') return []
    return [`${it.container.state}${it.container.stopping ? ' stopping' : ''}`]
  })
  assert.deepEqual([...new Set(phases)].slice(-3), ['running', 'running stopping', 'exited'])
})

test('a port that answers is told at once, one that answers later is told then', async () => {
  await using w = await watch()
  await w.begin()
  const accepting = (name: string) => () => w.state.find(name)?.accepting.includes(8_080)
  await w.run('quick')
  await eventually('quick accepts', accepting('quick'), SOON)
  await w.run('late', ['SIMULATED_LISTEN_AFTER_MS=150'])
  await eventually('late is seen', () => w.state.find('late')?.state === 'running', SOON)
  assert.deepEqual(w.state.find('late')?.accepting, [])
  await eventually('late accepts', accepting('late'), SOON)
  await w.docker.getContainer('late').restart()
  await eventually('and again in the next run', accepting('late'), SOON)
})

/** The methods of an engine as plain functions, so that one of them can be replaced. */
function bound(engine: Engine): Engine {
  return {
    ping: (signal) => engine.ping(signal),
    negotiate: (signal) => engine.negotiate(signal),
    info: (signal) => engine.info(signal),
    networks: (signal) => engine.networks(signal),
    listContainers: (signal) => engine.listContainers(signal),
    inspect: (id, signal) => engine.inspect(id, signal),
    image: (id, signal) => engine.image(id, signal),
    events: (since, signal) => engine.events(since, signal),
  }
}

function raise(): never {
  throw new Error('shop was forgotten')
}
