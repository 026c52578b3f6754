import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createKey } from '@roadstead/bus/identity.ts'
import { ensureTopology } from '@roadstead/bus/nats/ensure-topology.ts'
import type { BusRole, BusUser } from '@roadstead/bus/permissions.ts'
import { renderServerConfig, renderUsers, type ServerConfig } from '@roadstead/bus/server-config.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { freePorts } from './free-ports.ts'

/** One enrolled user: what a process needs to connect. */
export interface Enrolled {
  readonly role: BusRole
  readonly id: string
  readonly site: SiteId
  readonly seed: string
  readonly publicKey: BusUser['publicKey']
  readonly natsUrl: string
}

export interface NatsOptions {
  readonly servers?: 1 | 3
  readonly site?: string
  /** Enrolled before the start; more can follow by `enroll`. */
  readonly users?: readonly { readonly role: BusRole; readonly id: string }[]
  /** Leave the streams to the test. */
  readonly bare?: boolean
}

/**
 * Real nats-servers, one or a cluster of three, configured by our own renderer, on ports from the
 * system and with their data in a folder that is removed at the end. Besides the users asked for there
 * is `admin`, whom only tests have: it may do everything.
 */
export class NatsRig implements AsyncDisposable {
  readonly site: SiteId
  readonly servers: readonly NatsServer[]
  readonly #directory: string
  readonly #users: BusUser[] = []
  readonly #enrolled: Enrolled[] = []
  readonly #admin = createKey()

  private constructor(site: SiteId, directory: string, servers: readonly NatsServer[]) {
    this.site = site
    this.#directory = directory
    this.servers = servers
  }

  static async start(options: NatsOptions = {}): Promise<NatsRig> {
    const site = SiteId.parse(options.site ?? 's1')
    const directory = await mkdtemp(join(tmpdir(), 'roadstead-nats-'))
    const servers = await planServers(directory, site, options.servers ?? 1)
    const rig = new NatsRig(site, directory, servers)
    try {
      await rig.#begin(options)
    } catch (error) {
      await rig[Symbol.asyncDispose]()
      throw error
    }
    return rig
  }

  /** All servers, comma-separated, as an identity file has them. */
  get url(): string {
    return this.servers.map((server) => server.url).join(',')
  }

  get admin(): { readonly seed: string; readonly natsUrl: string } {
    return { seed: this.#admin.seed, natsUrl: this.url }
  }

  user(role: BusRole, id: string): Enrolled {
    const found = this.#enrolled.find((it) => it.role === role && it.id === id)
    if (found === undefined) throw new Error(`${role} ${id} is not enrolled in this rig`)
    return { ...found, natsUrl: this.url }
  }

  /** Adds a user to the running servers, as a joined identity is added in production. */
  async enroll(role: BusRole, id: string): Promise<Enrolled> {
    this.#addUser(role, id)
    await this.#writeUsers()
    await Promise.all(this.servers.map((server) => server.reload()))
    return this.user(role, id)
  }

  /** Deletes everything that is stored, as if the disks had been replaced, and starts again. */
  async wipe(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill('SIGKILL')))
    await Promise.all(this.servers.map((server) => server.wipe()))
    await Promise.all(this.servers.map((server) => server.start()))
    await this.provision()
  }

  /** Creates the streams, as `roadstead up` does. */
  async provision(): Promise<void> {
    const { seed, natsUrl } = this.user('provisioner', 'rig')
    const params = { site: this.site, id: 'rig', seed, natsUrl, clock, random, log }
    await ensureTopology(params, new AbortController().signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill('SIGKILL')))
    await rm(this.#directory, { recursive: true, force: true })
  }

  async #begin(options: NatsOptions): Promise<void> {
    this.#addUser('provisioner', 'rig')
    for (const { role, id } of options.users ?? []) this.#addUser(role, id)
    await this.#writeUsers()
    await Promise.all(this.servers.map((server) => server.start()))
    if (options.bare !== true) await this.provision()
  }

  #addUser(role: BusRole, id: string): void {
    const { seed, publicKey } = createKey()
    this.#users.push({ role, id, site: this.site, publicKey })
    this.#enrolled.push({ role, id, site: this.site, seed, publicKey, natsUrl: this.url })
  }

  async #writeUsers(): Promise<void> {
    const text = renderUsers(this.#users)
    const admin = `  { nkey: ${this.#admin.publicKey}, permissions: { publish: ">", subscribe: ">" } }\n]`
    await writeFile(join(this.#directory, 'users.conf'), text.replace(/\]\n$/, admin))
  }
}

const LOG_LINES_MAX = 500
const START_MS = 10_000

/** One nats-server process that can be killed, paused and started again on the same port and data. */
export class NatsServer {
  readonly name: string
  readonly #directory: string
  readonly #config: ServerConfig
  readonly #log: string[] = []
  #process: ChildProcess | undefined

  constructor(directory: string, config: ServerConfig) {
    this.name = config.serverName
    this.#directory = directory
    this.#config = config
  }

  get url(): string {
    return `nats://127.0.0.1:${this.#config.port}`
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** The last lines the server wrote, for the message of a failed test. */
  get log(): string {
    return this.#log.join('\n')
  }

  async start(): Promise<void> {
    const portsFileDir = join(this.#directory, 'ports')
    await mkdir(portsFileDir, { recursive: true })
    const configFile = join(this.#directory, 'nats.conf')
    await writeFile(configFile, renderServerConfig({ ...this.#config, portsFileDir }))
    const child = spawn('nats-server', ['--config', configFile], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/bin` },
    })
    this.#process = child
    this.#keepLog(child)
    killAtExit(child)
    await this.#untilListening(child, portsFileDir)
  }

  /** Ends the process and waits until it is gone. A paused one can only be killed. */
  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#process
    if (child === undefined) return
    this.#process = undefined
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  pause(): void {
    this.#process?.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  async restart(): Promise<void> {
    await this.kill('SIGKILL')
    await this.start()
  }

  /** Only while it does not run. */
  async wipe(): Promise<void> {
    await rm(this.#config.storeDir, { recursive: true, force: true })
  }

  async reload(): Promise<void> {
    const before = this.#reloads()
    this.#process?.kill('SIGHUP')
    const deadline = clock.monoMs() + START_MS
    while (this.#reloads() === before) {
      if (clock.monoMs() > deadline) throw new Error(`${this.name} did not reload:\n${this.log}`)
      await clock.sleep(POLL_MS)
    }
  }

  #reloads(): number {
    return this.#log.filter((line) => line.includes('Reloaded server configuration')).length
  }

  #keepLog(child: ChildProcess): void {
    child.stderr?.setEncoding('utf8')
    child.stderr?.on('data', (text: string) => {
      this.#log.push(...text.trimEnd().split('\n'))
      this.#log.splice(0, this.#log.length - LOG_LINES_MAX)
      void appendFile(join(this.#directory, 'server.log'), text).catch(() => undefined)
    })
  }

  /** The server writes its ports file when it listens. */
  async #untilListening(child: ChildProcess, portsFileDir: string): Promise<void> {
    const deadline = clock.monoMs() + START_MS
    while (!(await hasPortsFile(portsFileDir, child.pid))) {
      const dead = child.exitCode !== null || clock.monoMs() > deadline
      if (dead) throw new Error(`${this.name} does not listen:\n${this.log}`)
      await clock.sleep(POLL_MS)
    }
  }
}

const POLL_MS = 20

async function hasPortsFile(directory: string, pid: number | undefined): Promise<boolean> {
  const name = (await readdir(directory)).find((it) => it.endsWith(`_${pid}.ports`))
  if (name === undefined) return false
  const text = await readFile(join(directory, name), 'utf8')
  return text.includes('nats://')
}

async function planServers(directory: string, site: SiteId, count: 1 | 3): Promise<NatsServer[]> {
  // Asking nats-server for "any" would do for one server, but a restarted one must come back where its
  // clients look for it, and a cluster must know its routes beforehand.
  const ports = await freePorts(2 * count)
  const names = Array.from({ length: count }, (_, index) => `n${index + 1}`)
  await Promise.all(names.map((name) => mkdir(join(directory, name), { recursive: true })))
  const clusterPorts = ports.slice(count)
  return names.map((serverName, index) => {
    const home = join(directory, serverName)
    const cluster = {
      name: `rig-${site}`,
      host: '127.0.0.1',
      port: clusterPorts[index] ?? 0,
      routes: clusterPorts.map((port) => `127.0.0.1:${port}`),
    }
    return new NatsServer(home, {
      serverName,
      site,
      port: ports[index] ?? 0,
      storeDir: join(home, 'store'),
      usersFile: join('..', 'users.conf'),
      ...(count === 3 && { cluster }),
    })
  })
}

function killAtExit(child: ChildProcess): void {
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
}
