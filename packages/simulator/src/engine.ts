import { randomBytes, randomInt } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Health } from './core/model.ts'
import { type Faults, noFaults } from './faults.ts'
import type { NewImage } from './images.ts'
import { Program } from './io/program.ts'
import { type Play, type Played, play } from './play.ts'
import { EngineServer } from './server.ts'
import { Lifecycle } from './lifecycle.ts'
import { Store } from './store.ts'

/** By this beginning of its id everybody knows that an engine is not a real one. */
export const SIMULATED_ENGINE_ID = 'simulated-'

/** An image that is always there: it answers on port 8080, which needs no privilege to listen on. */
export const DEMO_IMAGE = 'roadstead/demo:1'

/** A running simulated engine, and what a test may do to it from behind. */
export interface SimulatedEngine extends AsyncDisposable {
  readonly socketPath: string
  readonly id: string
  /** Set them at any time. */
  readonly faults: Faults
  addImage(image: NewImage): void
  setHealth(container: string, health: Health): void
  /** The program of the container ends by itself. */
  crash(container: string, exitCode?: number): Promise<void>
  /** Many things in a short time; resolves with all that the engine told meanwhile. */
  play(what: Play): Promise<Played>
  /** Ends every event stream. */
  closeStreams(): void
  /** Cuts every connection. */
  closeConnections(): void
}

/**
 * A Docker Engine without containers: the API on a unix socket, the events, and programs that really
 * listen, on loopback addresses of 127.64.0.0/10. For demos on machines without an engine, and for
 * tests that need an engine to misbehave. One contract suite runs against it and a real one.
 */
export async function startSimulatedEngine(options: {
  readonly socketPath: string
  readonly hostName?: string
  /** Where its containers' addresses begin, of `BLOCKS`; by chance when several processes may run. */
  readonly block?: number
  readonly clock: Clock
}): Promise<SimulatedEngine> {
  const { clock, socketPath, block = anyBlock() } = options
  const id = `${SIMULATED_ENGINE_ID}${randomBytes(6).toString('hex')}`
  const newId = (): string => randomBytes(32).toString('hex')
  const store = new Store({ clock, newId, block: [Math.floor(block / 256), block % 256] })
  store.images.add({ reference: DEMO_IMAGE, exposedPorts: ['8080/tcp'] })
  const lifecycle = new Lifecycle(store, clock, () => new Program())
  const faults = noFaults()
  const hostName = options.hostName ?? 'simulated'
  await rm(socketPath, { force: true })
  const server = await EngineServer.listen(
    { store, lifecycle, clock, faults, engineId: id, hostName },
    socketPath,
  )
  return {
    socketPath,
    id,
    faults,
    addImage: (image) => void store.images.add(image),
    setHealth: (container, health) => lifecycle.setHealth(container, health),
    crash: (container, exitCode = 1) => lifecycle.crash(container, exitCode),
    play: (what) => play({ store, lifecycle, clock }, what),
    closeStreams: () => server.closeStreams(),
    closeConnections: () => server.closeConnections(),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await lifecycle[Symbol.asyncDispose]()
    },
  }
}

/** 127.64.0.0/10 has so many blocks of 256 addresses. */
const BLOCKS = 64 * 256

/** For the first of several engines in one process, which keep to the blocks after it. */
export function anyBlock(): number {
  return randomInt(BLOCKS)
}
