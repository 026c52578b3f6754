import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { OldWorkers } from '../core/workers.ts'
import type { Absent, Reach, Running, Tested } from './attached-nginx.ts'
import type { EngineSocket, Inspected } from './engine-socket.ts'
import type { Leftovers } from './nginx.ts'

const TEST_MS = 10_000
const VERSION_MS = 5_000
/**
 * What replaced workers in a container are connected to cannot be seen from outside. Connections of
 * HTTP that last longer than this have most likely been upgraded, as everywhere without live counts.
 */
const UNKNOWN_MS = 5_000
const AFTER = 'nginx in a container is tested on what its folder holds'

interface ContainerParams {
  readonly engine: EngineSocket
  readonly name: string
  /** The file that it was started from, as the container sees it. */
  readonly main: string
  /** Where this machine reaches it; undefined: at the address that the engine tells. */
  readonly address: string | undefined
  readonly clock: Clock
}

/** An nginx that is the first process of a container, reached through the engine. */
export class ContainerReach implements Reach {
  readonly #params: ContainerParams
  #known: Running | undefined
  #reloadedMs = -Infinity

  constructor(params: ContainerParams) {
    this.#params = params
  }

  async look(): Promise<Running | Absent> {
    const found = await this.#find()
    if (found === undefined) return { kind: 'absent', why: await this.#whyAbsent() }
    const identity = `${found.Id} ${found.State.StartedAt}`
    const address = this.#params.address ?? addressOf(found)
    const before = this.#known
    const version = before?.identity === identity ? before.version : await this.#version(found.Id)
    this.#known = { kind: 'running', identity, address, version }
    return this.#known
  }

  async testBefore(): ReturnType<Reach['testBefore']> {
    return { kind: 'cannot', why: AFTER }
  }

  async testInForce(dump?: 'dump'): Promise<Tested> {
    const found = await this.#find()
    if (found === undefined) return { ended: 'not-running', output: await this.#whyAbsent() }
    const { engine, main } = this.#params
    const test = dump === undefined ? '-t' : '-T'
    const ran = await engine.run(found.Id, ['nginx', test, '-c', main], TEST_MS)
    if (ran === undefined) return { ended: 'cut-short', output: '' }
    const { exitCode, output } = ran
    if (exitCode === undefined) return { ended: 'too-late', output }
    // The engine says 126 and 127 when there is no such program.
    if (exitCode > 1) return { ended: 'cut-short', output }
    return { ended: exitCode === 0 ? 'well' : 'badly', output }
  }

  async reload(): Promise<boolean> {
    const found = await this.#find()
    if (found === undefined) return false
    this.#reloadedMs = this.#params.clock.monoMs()
    return this.#params.engine.signal(found.Id, 'HUP')
  }

  async oldWorkers(): Promise<OldWorkers> {
    return { generations: (await this.#areLeaving()) === true ? 1 : 0, bytes: 0 }
  }

  async leftovers(): Promise<Leftovers | undefined> {
    const none = { connections: new Map<string, number>(), isAccepting: false }
    const ageMs = this.#params.clock.monoMs() - this.#reloadedMs
    if (ageMs > UNKNOWN_MS) return none
    return (await this.#areLeaving()) === false ? none : undefined
  }

  async #areLeaving(): Promise<boolean | undefined> {
    const found = await this.#find()
    const commands = found && (await this.#params.engine.commands(found.Id))
    return commands?.some((it) => it.startsWith('nginx: worker process is shutting down'))
  }

  async #version(id: string): Promise<string> {
    const ran = await this.#params.engine.run(id, ['nginx', '-v'], VERSION_MS)
    return /nginx version: [^/\s]+\/([0-9.]{1,20})/.exec(ran?.output ?? '')?.[1] ?? 'unknown'
  }

  async #whyAbsent(): Promise<string> {
    const { engine, name } = this.#params
    const trouble = await engine.trouble()
    if (trouble !== undefined) return `the engine at ${engine.path} does not answer (${trouble})`
    const found = await engine.inspect(name)
    return found === undefined ? `there is no container ${name}` : `container ${name} does not run`
  }

  async #find(): Promise<Inspected | undefined> {
    const { engine, name } = this.#params
    const found = await engine.inspect(name)
    return found?.State.Running === true ? found : undefined
  }
}

function addressOf({ HostConfig, NetworkSettings }: Inspected): string {
  const addresses = Object.values(NetworkSettings.Networks ?? {}).map((it) => it.IPAddress)
  const own = addresses.find((address) => address !== '')
  return HostConfig.NetworkMode === 'host' || own === undefined ? '127.0.0.1' : own
}
