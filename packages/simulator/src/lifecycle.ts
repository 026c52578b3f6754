import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { behaviourOf, type CreateRequest } from './core/create-request.ts'
import { type Container, type Health, isAlive, listeningPorts } from './core/model.ts'
import type { Program } from './io/program.ts'
import { Problem } from './problem.ts'
import type { Store } from './store.ts'

/** Docker's own grace between the stop signal and the kill. */
const STOP_GRACE_S = 10

/**
 * What the engine does to containers, with the events in the order in which Docker 20.10 sends them.
 * State changes first and the event follows, so that a look at an event's time finds what it tells.
 */
export class Lifecycle implements AsyncDisposable {
  readonly #store: Store
  readonly #clock: Clock
  readonly #newProgram: () => Program
  readonly #programById = new Map<string, Program>()
  readonly #timers = new Set<Disposable>()

  constructor(store: Store, clock: Clock, newProgram: () => Program) {
    this.#store = store
    this.#clock = clock
    this.#newProgram = newProgram
  }

  create(name: string | undefined, request: CreateRequest): Container {
    const store = this.#store
    const image = store.images.find(request.Image)
    const id = store.newId()
    const chosen = name ?? `simulated_${id.slice(0, 8)}`
    if (store.containers.some((it) => it.name === chosen)) {
      throw new Problem(409, `Conflict. The container name "/${chosen}" is already in use`)
    }
    for (const { Source } of request.HostConfig?.Mounts ?? []) store.volumes.add(Source)
    const endpoints = Object.entries(request.NetworkingConfig?.EndpointsConfig ?? {})
    const mode = request.HostConfig?.NetworkMode ?? ''
    const wanted = endpoints.length > 0 ? endpoints : [[mode, { Aliases: [] }] as const]
    const shared = mode.startsWith('container:') ? store.container(mode.slice(10)) : undefined
    const container = store.put({
      id,
      name: chosen,
      request,
      behaviour: behaviourOf(request.Env),
      image,
      createdAt: this.#now(),
      state: 'created',
      health: undefined,
      startedAt: undefined,
      finishedAt: undefined,
      exitCode: 0,
      restartCount: 0,
      address: mode === 'host' ? '127.0.0.1' : (shared?.address ?? store.newAddress()),
      networks:
        shared === undefined
          ? wanted.map(([key, it]) => ({ network: store.network(key), aliases: it.Aliases ?? [] }))
          : [],
      published: {},
    })
    store.tellContainer(container, 'create')
    return container
  }

  async start(key: string): Promise<void> {
    const container = this.#store.container(key)
    if (isAlive(container)) return
    const program = this.#newProgram()
    this.#programById.set(container.id, program)
    const isListeningAtOnce = container.behaviour.listenAfterMs === 0
    if (isListeningAtOnce) await this.#listen(container, program)
    const published = await this.#publish(container, program)
    const { Healthcheck } = container.request
    const hasCheck = (Healthcheck?.Test?.length ?? 0) > 0 && Healthcheck?.Test?.[0] !== 'NONE'
    const started = this.#store.change(container.id, {
      state: 'running',
      health: hasCheck ? 'starting' : undefined,
      startedAt: this.#now(),
      exitCode: 0,
      published,
    })
    if (started === undefined) return
    this.#store.tellNetworks(started, 'connect')
    this.#store.tellContainer(started, 'start')
    const { listenAfterMs, healthyAfterMs } = container.behaviour
    if (!isListeningAtOnce) this.#after(listenAfterMs, () => this.#listenLate(started, program))
    if (hasCheck) this.#after(healthyAfterMs, () => this.#becomeHealthy(started))
  }

  /** Resolves when it has ended, at the latest after the grace. */
  async stop(key: string, graceS?: number): Promise<void> {
    const container = this.#store.container(key)
    if (!isAlive(container)) return
    const signal = stopSignalOf(container)
    const { stopAfterMs } = container.behaviour
    const graceMs = 1_000 * (graceS ?? container.request.StopTimeout ?? STOP_GRACE_S)
    this.#store.tellContainer(container, 'kill', { signal })
    const isKilled = signal !== KILL && (stopAfterMs === undefined || stopAfterMs > graceMs)
    if (signal !== KILL) await this.#clock.sleep(Math.min(stopAfterMs ?? graceMs, graceMs))
    if (isKilled) this.#store.tellContainer(container, 'kill', { signal: KILL })
    await this.#die(container.id, isKilled || signal === KILL ? 137 : 0)
    this.#store.tellContainer(container, 'stop')
  }

  /** Resolves when the signal is sent, as the engine answers; after SIGKILL, when it has ended. */
  async kill(key: string, wanted: string): Promise<void> {
    const container = this.#store.container(key)
    if (!isAlive(container)) throw new Problem(409, `Container ${key} is not running`)
    const signal = signalNumber(wanted)
    this.#store.tellContainer(container, 'kill', { signal })
    if (signal === KILL) return this.#die(container.id, 137)
    const { stopAfterMs } = container.behaviour
    const ends = ENDING.has(signal) || signal === stopSignalOf(container)
    if (!ends || stopAfterMs === undefined) return
    const program = this.#programById.get(container.id)
    this.#after(stopAfterMs, () => {
      // It may have ended and been started again meanwhile.
      if (this.#programById.get(container.id) !== program) return
      void this.#die(container.id, 128 + Number(signal))
    })
  }

  async restart(key: string, graceS?: number): Promise<void> {
    await this.stop(key, graceS)
    await this.start(key)
    this.#store.tellContainer(this.#store.container(key), 'restart')
  }

  /** The program ends by itself. */
  async crash(key: string, exitCode: number): Promise<void> {
    await this.#die(this.#store.container(key).id, exitCode)
  }

  pause(key: string): void {
    this.#change(key, 'running', { state: 'paused' }, 'pause')
  }

  unpause(key: string): void {
    this.#change(key, 'paused', { state: 'running' }, 'unpause')
  }

  rename(key: string, name: string): void {
    const container = this.#store.container(key)
    const renamed = this.#store.change(container.id, { name })
    if (renamed !== undefined) {
      this.#store.tellContainer(renamed, 'rename', { oldName: `/${container.name}` })
    }
  }

  setHealth(key: string, health: Health): void {
    const container = this.#store.container(key)
    const changed = this.#store.change(container.id, { health })
    if (changed !== undefined) this.#store.tellContainer(changed, `health_status: ${health}`)
  }

  async remove(key: string, force: boolean): Promise<void> {
    const container = this.#store.container(key)
    if (isAlive(container) && !force) {
      throw new Problem(409, `You cannot remove a running container ${container.id}`)
    }
    if (isAlive(container)) await this.kill(key, 'KILL')
    this.#store.drop(container.id)
    this.#store.tellContainer(container, 'destroy')
  }

  connect(networkKey: string, key: string, aliases: readonly string[]): void {
    const network = this.#store.network(networkKey)
    const container = this.#store.container(key)
    const networks = [...container.networks, { network, aliases }]
    this.#store.change(container.id, { networks })
    this.#tellNetwork(network, container.id, 'connect')
  }

  disconnect(networkKey: string, key: string): void {
    const network = this.#store.network(networkKey)
    const container = this.#store.container(key)
    const networks = container.networks.filter((it) => it.network.id !== network.id)
    this.#store.change(container.id, { networks })
    this.#tellNetwork(network, container.id, 'disconnect')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) timer[Symbol.dispose]()
    await Promise.all([...this.#programById.values()].map((it) => it[Symbol.asyncDispose]()))
  }

  async #die(id: string, exitCode: number): Promise<void> {
    const program = this.#programById.get(id)
    this.#programById.delete(id)
    await program?.[Symbol.asyncDispose]()
    const known = this.#store.containers.find((it) => it.id === id)
    if (known === undefined || !isAlive(known)) return
    const over = { state: 'exited', exitCode, finishedAt: this.#now(), published: {} } as const
    const dead = this.#store.change(id, over)
    if (dead === undefined) return
    this.#store.tellContainer(dead, 'die', { exitCode: String(exitCode) })
    this.#store.tellNetworks(dead, 'disconnect')
  }

  #change(key: string, from: Container['state'], fields: Partial<Container>, action: string): void {
    const container = this.#store.container(key)
    // Docker 20.10 calls it a failure of its own to continue what does not rest.
    const status = from === 'paused' ? 500 : 409
    if (container.state !== from) throw new Problem(status, `Container ${key} is not ${from}`)
    const changed = this.#store.change(container.id, fields)
    if (changed !== undefined) this.#store.tellContainer(changed, action)
  }

  #tellNetwork(network: { id: string; name: string; driver: string }, id: string, action: string) {
    const about = { container: id, name: network.name, type: network.driver }
    this.#store.tell('network', action, network.id, about)
  }

  async #listen(container: Container, program: Program): Promise<void> {
    const { address } = container
    const text = programText(container)
    const ports = listeningPorts(container)
    await Promise.all(ports.map((port) => program.listen({ address, port }, text)))
  }

  #listenLate(container: Container, program: Program): void {
    if (this.#programById.get(container.id) === program) void this.#listen(container, program)
  }

  async #publish(container: Container, program: Program): Promise<Container['published']> {
    const bindings = Object.entries(container.request.HostConfig?.PortBindings ?? {})
    const text = programText(container)
    const published = await Promise.all(
      bindings.map(async ([key, wishes]) => {
        const places = (wishes ?? []).map(async ({ HostIp, HostPort }) => {
          const address = HostIp === '' ? '0.0.0.0' : HostIp
          const port = await program.listen({ address, port: Number(HostPort) }, text)
          if (port === undefined) throw new Problem(500, `port ${HostPort} is already allocated`)
          return { address, port }
        })
        return [key, await Promise.all(places)] as const
      }),
    )
    return Object.fromEntries(published)
  }

  #becomeHealthy(container: Container): void {
    const now = this.#store.containers.find((it) => it.id === container.id)
    if (now?.health !== 'starting' || now.startedAt !== container.startedAt) return
    this.setHealth(container.id, 'healthy')
  }

  #after(ms: number, task: () => void): void {
    const timer = this.#clock.after(ms, () => {
      this.#timers.delete(timer)
      task()
    })
    this.#timers.add(timer)
  }

  #now(): string {
    return new Date(this.#clock.wallMs()).toISOString().replace('Z', '000000Z')
  }
}

const KILL = '9'
const NUMBERS: Readonly<Record<string, string>> = {
  HUP: '1',
  INT: '2',
  QUIT: '3',
  KILL,
  USR1: '10',
  USR2: '12',
  TERM: '15',
  WINCH: '28',
}
/** What ends a program that makes nothing of it; the others it ignores. */
const ENDING: ReadonlySet<string> = new Set(['1', '2', '3', '15'])

/** The number by which an event tells a signal, from `TERM`, `SIGTERM` or `15`. */
function signalNumber(signal: string): string {
  return NUMBERS[signal.toUpperCase().replace(/^SIG/, '')] ?? signal
}

function stopSignalOf({ request }: Container): string {
  return signalNumber(request.StopSignal ?? 'SIGTERM')
}

/** What the program says to whoever asks, in the manner of the well-known `whoami`. */
function programText({ id, name, behaviour }: Container): string {
  const lines = [`Hostname: ${id.slice(0, 12)}`, `Name: ${name}`, behaviour.body]
  return lines.map((line) => (line === '' ? '' : `${line}\n`)).join('')
}
