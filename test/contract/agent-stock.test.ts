import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import Docker from 'dockerode'
import { MemoryBus } from '@roadstead/bus/memory/memory-bus.ts'
import { DockerEngine } from '@roadstead/agent/io/engine.ts'
import { wayToSocket } from '@roadstead/agent/io/engine-way.ts'
import { tryConnect } from '@roadstead/agent/io/prober.ts'
import { probeReadiness } from '@roadstead/agent/loops/probe-readiness.ts'
import { tellStock } from '@roadstead/agent/loops/tell-stock.ts'
import { watchEngine } from '@roadstead/agent/loops/watch-engine.ts'
import { watchStock } from '@roadstead/agent/loops/watch-stock.ts'
import { aState, host, shortHash } from '@roadstead/agent/testing.ts'
import { Stock } from '@roadstead/master/core/graph/stock.ts'
import { type Clock, systemClock } from '@roadstead/shared/kernel/clock.ts'
import { MasterId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { seededRandom } from '@roadstead/shared/kernel/random.ts'
import { type Image, STOCK_KINDS, STOCK_SLICES } from '@roadstead/shared/protocol/stock.ts'
import { DEMO_IMAGE, startSimulatedEngine } from '@roadstead/simulator/engine.ts'
import { calm, eventually, throughout } from '../rig/eventually.ts'

/** Images and volumes on their way from an engine that can misbehave to what a master has of them. */

const SOON = { withinMs: 10_000 }
/** Waits ten times shorter: an empty list is confirmed after half a second. */
const hasty: Clock = {
  ...systemClock,
  monoMs: () => systemClock.monoMs() * 10,
  sleep: (ms, signal) => systemClock.sleep(ms / 10, signal),
  after: (ms, task) => systemClock.after(ms / 10, task),
}

async function watch() {
  await using stack = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-stock-'))
  stack.defer(() => rm(directory, { recursive: true }))
  const socketPath = join(directory, 'docker.sock')
  const simulated = stack.use(await startSimulatedEngine({ clock: systemClock, socketPath }))
  const engine = stack.use(new DockerEngine(wayToSocket(socketPath), () => 0))
  const site = SiteId.parse('s1')
  const bus = new MemoryBus(site, { clock: systemClock, random: seededRandom(1) })
  const stop = new AbortController()
  const { signal } = stop
  const state = aState()
  const stock = new Stock()
  const snapshots = { isTold: true }
  const seen = { engine, state, clock: hasty, random: seededRandom(1), log }
  const readiness = probeReadiness(
    { connect: tryConnect, vantage: { kind: 'here' }, state, clock: hasty },
    signal,
  )
  const about = { addresses: () => [], agentVersion: 'test', hostName: 'alpha', hash: shortHash }
  const memory = { containersBefore: 0, keepContainers: async () => undefined }
  const agentBus = bus.agent(host)
  const loops = [
    watchEngine({ ...seen, ...about, memory, readiness }, signal),
    ...STOCK_KINDS.map((of) => watchStock(seen, of, signal)),
    tellStock({ ...seen, bus: agentBus, snapshots, site }, signal),
    (async () => {
      for await (const each of bus.master(MasterId.parse('m1')).followStock(signal)) {
        if (each.kind === 'message') stock.hear(each.value)
      }
    })(),
  ]
  stack.defer(async () => {
    stop.abort()
    await Promise.all(loops)
  })
  const kept = stack.move()
  const images = (): readonly Image[] => stock.images(host)
  const all = (): number => {
    const { images: ofImages, volumes } = stock.slices(host)
    return ofImages + volumes
  }
  return {
    simulated,
    docker: new Docker({ socketPath }),
    bus,
    state,
    stock,
    snapshots,
    images,
    tags: () => images().flatMap(({ tags }) => tags),
    volumes: () => stock.volumes(host).map(({ name }) => name),
    everything: () => eventually('all was told', () => all() === 2 * STOCK_SLICES, SOON),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

test('what is there at the start is told, and each change by its event', async () => {
  await using w = await watch()
  await w.everything()
  assert.deepEqual([w.tags(), w.volumes()], [[DEMO_IMAGE], []])
  const layers = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`]
  w.simulated.addImage({ reference: 'shop:1', layers, bytes: 50 })
  await w.docker.getImage('shop:1').tag({ repo: 'shop', tag: 'stable' })
  await w.docker.createVolume({ Name: 'data' })
  await eventually('both names', () => w.tags().includes('shop:stable'), SOON)
  const shop = w.images().find(({ tags }) => tags.includes('shop:1'))
  assert.deepEqual([shop?.layers, shop?.layerBytes], [layers, [0, 50]])
  await eventually('the volume', () => w.volumes().includes('data'), SOON)
  await w.docker.getImage('shop:1').remove()
  await w.docker.getImage('shop:stable').remove()
  await eventually('it is gone', () => w.tags().join() === DEMO_IMAGE, SOON)
})

test('a list that fails, and an empty one that nothing confirms, change nothing', async () => {
  await using w = await watch()
  await w.docker.createVolume({ Name: 'data' })
  await w.everything()
  await eventually('the volume', () => w.volumes().length === 1, SOON)
  w.simulated.faults.fail = '/volumes'
  w.state.askForStock()
  await throughout('nothing is lost', () => assert.ok(w.volumes().length === 1), calm(300))
  w.simulated.faults.fail = undefined
  w.simulated.faults.emptyList = true
  w.state.askForStock()
  await throughout('nothing is lost', () => assert.ok(w.volumes().length === 1), calm(300))
  w.simulated.faults.emptyList = false
  await throughout('nothing is lost', () => assert.ok(w.volumes().length === 1), calm(500))
  // By the engine's own word twice it is gone.
  await w.docker.getVolume('data').remove()
  await eventually('it is gone', () => w.volumes().length === 0, SOON)
})

test('an image that cannot be inspected is told without its layers, and hides no other', async () => {
  await using w = await watch()
  await w.everything()
  const id = `sha256:${'b'.repeat(64)}`
  w.simulated.faults.fail = 'bbbb'
  w.simulated.addImage({ reference: 'bad:1', id })
  w.simulated.addImage({ reference: 'good:1' })
  w.state.askForStock()
  await eventually('both', () => w.tags().length === 3, SOON)
  const layersOf = (tag: string) => w.images().find(({ tags }) => tags.includes(tag))?.layers.length
  assert.deepEqual([layersOf('bad:1'), layersOf('good:1')], [0, 1])
  w.simulated.faults.fail = undefined
  w.state.askForStock()
  await eventually('its layers', () => layersOf('bad:1') === 1, SOON)
})

test('a change that no event told of is found when the engine is back', async () => {
  await using w = await watch()
  await w.everything()
  w.simulated.faults.dropEvents = true
  await w.docker.createVolume({ Name: 'unheard' })
  w.simulated.closeConnections()
  await eventually('it is found', () => w.volumes().includes('unheard'), SOON)
})

test('it waits for the snapshot of the containers, and after a loss all of it is told again', async () => {
  await using w = await watch()
  await w.everything()
  w.snapshots.isTold = false
  w.bus.wipe('FACT')
  w.bus.connect(`agent ${host}`, false)
  w.bus.connect(`agent ${host}`, true)
  const kept = () => w.bus.stream('FACT').last
  await throughout('nothing before the snapshot', () => assert.ok(kept() === 0), calm(200))
  w.snapshots.isTold = true
  await eventually('all of it', () => kept() >= 2 * STOCK_SLICES, SOON)
})
