import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { createIdentity } from '@roadstead/bus/identity.ts'
import type { BusUser } from '@roadstead/bus/permissions.ts'
import { type PublicKey, SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { Tier } from '@roadstead/shared/protocol/edge-status.ts'
import type { Identity } from '@roadstead/shared/protocol/identity.ts'
import type { z } from 'zod'
import { BusServers } from './bus-servers.ts'
import { endRun } from './end-run.ts'
import { Engine, namesOn } from './engine.ts'
import { eventually } from './eventually.ts'
import { freePorts } from './free-ports.ts'
import { type Image, whoamiImage } from './image/whoami.ts'
import { Lan, type LanHost, LOOPBACK } from './lan.ts'
import {
  drainEnv,
  type Edge,
  failsWhenItEnds,
  type Host,
  type Master,
  startAgent,
  startEdge,
  startMaster,
} from './parts.ts'
import { at } from './at.ts'
import type { Process } from './process.ts'
import { RunFolder } from './run-folder.ts'

/** What the rig needs of the test it serves; a `TestContext` fits, and so does a benchmark's own. */
export interface RigTest {
  after(done: () => void): void
  test(name: string, step: () => Promise<void>): Promise<void>
}

export interface RigOptions {
  /** Names of the hosts, each with an engine and an agent. */
  readonly hosts: readonly string[]
  readonly masters?: number
  readonly edges?: number
  readonly nats?: 1 | 3
  /** `simulated`: nothing needs root, and everything is on loopback. Default: real engines. */
  readonly engine?: 'real' | 'simulated'
  /** What people call a part, by its own name, where that is another. */
  readonly titles?: Readonly<Record<string, string>>
  /** A program that stands in for nginx at the edges, for what the real one cannot be made to do. */
  readonly nginx?: string
  /** What else the edges are told, once their port is known. */
  readonly edgeEnv?: (httpPort: number) => Promise<Readonly<Record<string, string>>>
  /** How each edge has to apply changes, or all of them. Without it they choose by themselves. */
  readonly tier?: EdgeTier | readonly EdgeTier[]
  /** Every edge listens with TLS, too. */
  readonly https?: true
  /** Names under which the engines find this machine, and so its edges. */
  readonly names?: readonly string[]
  /** Every agent offers its engine's socket drain-aware, and holds a container for so long at most. */
  readonly drainLimitS?: number
}

export type EdgeTier = z.infer<typeof Tier>

const SITE = SiteId.parse('rig')
/** From the first process to a federation that routes; two cores, everything at once. */
const READY_MS_MAX = 40_000

/**
 * A whole federation on one machine, of real parts: nats-server, masters, edges with nginx, and for
 * each host a Docker Engine and an agent in a network namespace of its own. Everything is written
 * down in the folder of the run before it is made, and all of it is gone when the rig is disposed of,
 * whether the test passed, failed, or could not even start.
 */
export class Rig implements AsyncDisposable {
  readonly folder = new RunFolder()
  /** Bearer token of the first admin. */
  readonly token = randomBytes(24).toString('hex')
  masters: Master[] = []
  edges: Edge[] = []
  hosts: Host[] = []
  #lan: Lan | undefined
  #bus: BusServers | undefined
  #image: Image | undefined
  #names: readonly string[] = []
  readonly #test: RigTest
  #tails = ''
  #failed = false
  readonly #users: BusUser[] = []
  #masterKeys: PublicKey[] = []

  private constructor(t: RigTest) {
    this.#test = t
  }

  /** Should the test fail, what the parts said is printed. */
  static async start(t: RigTest, options: RigOptions): Promise<Rig> {
    const rig = new Rig(t)
    t.after(() => {
      if (rig.#failed || Reflect.get(t, 'passed') === false) process.stderr.write(rig.#tails)
    })
    try {
      await rig.#begin(options)
      return rig
    } catch (error) {
      await rig[Symbol.asyncDispose]()
      throw error
    }
  }

  /** One thing that this federation has to do. The next is tried even if it fails. */
  async step(what: string, run: () => Promise<void>): Promise<void> {
    await this.#test.test(what, async () => {
      try {
        await run()
      } catch (error) {
        this.#failed = true
        throw error
      }
    })
  }

  get bus(): BusServers {
    return made(this.#bus)
  }

  get lan(): Lan {
    return made(this.#lan)
  }

  host(name: string): Host {
    return made(this.hosts.find((host) => host.name === name))
  }

  edge(index = 0): Edge {
    return at(this.edges, index)
  }

  /** The master that leads, once all that answer say the same. */
  async leader(withinMs = 15_000): Promise<{ readonly leader: Master; readonly epoch: number }> {
    return eventually(
      'one leader that answers',
      async () => {
        for (const master of this.masters) {
          const view = await master.api.leader().catch(() => undefined)
          const leader = this.masters.find(({ api }) => api.url === view?.url)
          if (view === undefined || leader === undefined) continue
          const own = await leader.api.leader()
          if (own.instance === view.instance) return { leader, epoch: view.epoch }
        }
        return undefined
      },
      { withinMs },
    )
  }

  /** A master other than the leader. */
  async standby(): Promise<Master> {
    const { leader } = await this.leader()
    return made(this.masters.find((master) => master !== leader))
  }

  /** Another host, enrolled from the start or by whoever calls this. */
  async addHost(name: string): Promise<{ lan: LanHost; engine: Engine }> {
    const lan = await this.lan.plugIn()
    this.#image ??= await whoamiImage()
    const names = namesOn(this.lan, this.#names)
    return { lan, engine: await Engine.start(name, lan, this.folder, this.#image, { names }) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tails = this.#processes()
      .map((it) => `\n── ${it.name}\n${it.tail()}`)
      .join('')
    await endRun(this.folder.path)
  }

  /** Where NATS and the masters listen: as near to everybody as loopback allows. */
  get #address(): string {
    return this.#lan?.address ?? '127.0.0.1'
  }

  #processes(): Process[] {
    return [
      ...(this.#bus?.servers.map((server) => server.process) ?? []),
      ...this.masters.map((it) => it.process),
      ...this.edges.map((it) => it.process),
      ...this.hosts.flatMap((it) => [it.engine.process, it.agent]),
    ]
  }

  async #begin(options: RigOptions): Promise<void> {
    this.#names = options.names ?? []
    if (options.engine !== 'simulated') this.#lan = await Lan.make(this.folder)
    this.#bus = await BusServers.plan(SITE, this.folder, this.#address, options.nats ?? 1)
    const names = (role: string, count: number) =>
      Array.from({ length: count }, (_, index) => `${role}-${index + 1}`)
    const masters = names('master', options.masters ?? 1)
    const edges = names('edge', options.edges ?? 1)
    for (const name of masters) await this.#enrol('master', name, name)
    // The masters learn of each other: who joins later has to believe both.
    for (const name of masters) await this.#enrol('master', name, name)
    for (const name of edges) await this.#enrol('edge', name, name, options.titles?.[name])
    for (const name of options.hosts) await this.#enrol('agent', idOf(name), name)
    await this.#bus.start(this.#users)

    const hosts = options.hosts.map((name) => this.#startHost(name, options))
    await Promise.all([
      this.#startMasters(masters, options.hosts),
      this.#startEdges(edges, options),
      ...hosts,
    ])
    await Promise.race([this.#untilReady(options), ...this.#processes().map(failsWhenItEnds)])
  }

  async #startMasters(names: readonly string[], hosts: readonly string[]): Promise<void> {
    const bind = this.#address
    const ports = await freePorts(names.length)
    const simulated = this.#lan === undefined ? hosts.map(idOf) : []
    this.masters = names.map((name, index) => {
      const port = at(ports, index)
      const { token } = this
      const stateDir = this.folder.folder(name)
      const natsDir = this.bus.directory
      const where = { name, stateDir, bind, port, token, natsDir }
      return startMaster(this.folder, { ...where, loopbackHosts: simulated })
    })
  }

  async #startEdges(names: readonly string[], options: RigOptions): Promise<void> {
    const ports = await freePorts(2 * names.length)
    const started = names.map(async (name, index) => {
      const [httpPort, httpsPort] = [at(ports, index), at(ports, names.length + index)]
      const env = {
        ...(options.https === true && { ROADSTEAD_HTTPS_PORT: String(httpsPort) }),
        ...(tierOf(options, index) === 'reload' && { ROADSTEAD_TIER: 'reload' }),
        ...(options.nginx !== undefined && { ROADSTEAD_NGINX: options.nginx }),
        ...(await options.edgeEnv?.(httpPort)),
      }
      const where = { name, id: name, stateDir: this.folder.folder(name), httpPort, httpsPort }
      return startEdge(this.folder, { ...where, env })
    })
    this.edges = await Promise.all(started)
  }

  async #startHost(name: string, { drainLimitS }: RigOptions): Promise<void> {
    const machine: Pick<Host, 'engine' | 'lan'> =
      this.#lan === undefined
        ? { lan: LOOPBACK, engine: await Engine.simulate(name, this.folder) }
        : await this.addHost(name)
    const stateDir = this.folder.folder(`agent-${name}`)
    const drainSocket = path.join(stateDir, 'drain.sock')
    const env = drainLimitS === undefined ? {} : drainEnv(drainSocket, drainLimitS)
    const it = { name: `agent-${name}`, stateDir, socket: machine.engine.socket, env }
    const agent = startAgent(this.folder, it, machine.lan)
    this.hosts.push({ name, id: idOf(name), agent, drainSocket, ...machine })
  }

  /** Makes the identity of a part, as `roadstead up` does; a second call updates it. */
  async #enrol(role: Identity['role'], id: string, part: string, name = part): Promise<void> {
    const directory = this.folder.folder(role === 'agent' ? `agent-${part}` : part)
    const facts = { role, id, name, site: SITE, natsUrl: this.bus.url, masters: this.#masterKeys }
    const { identity } = await createIdentity(directory, facts)
    const { publicKey } = identity
    if (this.#users.some((user) => user.publicKey === publicKey)) return
    this.#users.push({ role, id, site: SITE, publicKey })
    if (role === 'master') this.#masterKeys = [...this.#masterKeys, publicKey]
  }

  /** One leads, every host is known in full, and every edge reports, from the tier asked of it. */
  async #untilReady(options: RigOptions): Promise<void> {
    const { leader } = await this.leader(READY_MS_MAX)
    await eventually(
      'hosts and edges are known',
      async () => {
        const hosts = await leader.api.hosts()
        const edges = await leader.api.edges()
        const synced = hosts.filter((host) => host.synced && host.presence === 'present')
        const reporting = edges.filter((edge) => edge.reporting)
        for (const edge of reporting) {
          const index = this.edges.findIndex(({ id }) => id === edge.id)
          const wanted = tierOf(options, index) ?? edge.tier
          if (edge.tier !== wanted) throw new Error(`${edge.id}: ${edge.tierReason}`)
        }
        return synced.length === this.hosts.length && reporting.length === this.edges.length
      },
      { withinMs: READY_MS_MAX },
    )
  }
}

function tierOf({ tier }: RigOptions, edge: number): EdgeTier | undefined {
  return typeof tier === 'string' ? tier : tier?.[edge]
}

function idOf(host: string): string {
  return `h-${host}`
}

function made<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('this rig has no such part')
  return part
}
