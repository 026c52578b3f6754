import { rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { createKey } from '@roadstead/bus/identity.ts'
import { ensureTopology } from '@roadstead/bus/nats/ensure-topology.ts'
import type { BusUser } from '@roadstead/bus/permissions.ts'
import { renderServerConfig, renderUsers } from '@roadstead/bus/server-config.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import type { SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { connectRaw } from './admin.ts'
import { eventually } from './eventually.ts'
import { findProgram } from './image/host-files.ts'
import { freePorts } from './free-ports.ts'
import { Process } from './process.ts'
import type { RunFolder } from './run-folder.ts'

const START_MS_MAX = 15_000

/** The real NATS of a federation, one server or three, laid out as `roadstead up` does it. */
export class BusServers {
  readonly site: SiteId
  readonly directory: string
  readonly servers: readonly BusServer[]
  readonly #provisioner = createKey()

  private constructor(site: SiteId, directory: string, servers: readonly BusServer[]) {
    this.site = site
    this.directory = directory
    this.servers = servers
  }

  static async plan(
    site: SiteId,
    folder: RunFolder,
    host: string,
    count: 1 | 3,
  ): Promise<BusServers> {
    const directory = folder.folder('nats')
    const ports = await freePorts(2 * count)
    const routes = ports.slice(count)
    const servers = ports.slice(0, count).map((port, index) => {
      const serverName = `nats-${index + 1}`
      const storeDir = path.join(directory, `store-${index + 1}`)
      const cluster = {
        name: `rig-${site}`,
        host,
        port: routes[index] ?? 0,
        routes: routes.map((route) => `${host}:${route}`),
      }
      const config = renderServerConfig({
        serverName,
        site,
        host,
        port,
        storeDir,
        usersFile: 'users.conf',
        pidFile: path.join(directory, index === 0 ? 'nats.pid' : `${serverName}.pid`),
        ...(count === 3 && { cluster }),
      })
      return new BusServer({ serverName, host, port, storeDir, config }, directory, folder)
    })
    return new BusServers(site, directory, servers)
  }

  get url(): string {
    return this.servers.map((server) => server.url).join(',')
  }

  async start(users: readonly BusUser[]): Promise<void> {
    const { publicKey } = this.#provisioner
    const provisioner: BusUser = { role: 'provisioner', id: 'rig', site: this.site, publicKey }
    const all = [...users, provisioner]
    writeFileSync(path.join(this.directory, 'base-users.json'), JSON.stringify(all))
    writeFileSync(path.join(this.directory, 'users.conf'), renderUsers(all))
    for (const server of this.servers) server.begin()
    await Promise.all(this.servers.map((server) => server.listens()))
    await this.provision()
  }

  /** Creates the streams, as `roadstead up` does. */
  async provision(): Promise<void> {
    const { seed } = this.#provisioner
    const params = { site: this.site, id: 'rig', seed, natsUrl: this.url, clock, random, log }
    await ensureTopology(params, AbortSignal.timeout(START_MS_MAX))
  }

  /** How long the servers take to answer when there is nothing to do, one question at a time. */
  async roundTripsMs(count: number): Promise<number[]> {
    const { seed } = this.#provisioner
    await using connection = await connectRaw({ seed, natsUrl: this.url })
    const times: number[] = []
    for (let at = 0; at < count; at += 1) {
      const beganMs = performance.now()
      await connection.client()?.flush()
      times.push(performance.now() - beganMs)
    }
    return times
  }

  async kill(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.process.kill()))
  }

  async restart(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.process.restart()))
    await Promise.all(this.servers.map((server) => server.listens()))
  }

  /** As if all disks had been replaced: everything that was stored is gone. */
  async wipe(): Promise<void> {
    await this.kill()
    for (const { storeDir } of this.servers) rmSync(storeDir, { recursive: true, force: true })
    await this.restart()
    await this.provision()
  }
}

interface ServerPlan {
  readonly serverName: string
  readonly host: string
  readonly port: number
  readonly storeDir: string
  readonly config: string
}

class BusServer {
  readonly #plan: ServerPlan
  readonly #directory: string
  readonly #folder: RunFolder
  #process: Process | undefined

  constructor(plan: ServerPlan, directory: string, folder: RunFolder) {
    this.#plan = plan
    this.#directory = directory
    this.#folder = folder
  }

  get url(): string {
    return `nats://${this.#plan.host}:${this.#plan.port}`
  }

  get storeDir(): string {
    return this.#plan.storeDir
  }

  get process(): Process {
    if (this.#process === undefined) throw new Error(`${this.#plan.serverName} is not started`)
    return this.#process
  }

  begin(): void {
    const { serverName, config } = this.#plan
    const file = path.join(this.#directory, `${serverName}.conf`)
    writeFileSync(file, config)
    const command = [findProgram('nats-server'), '-c', file] as const
    this.#process = Process.start({ name: serverName, command: [...command] }, this.#folder)
  }

  async listens(): Promise<void> {
    const { host, port, serverName } = this.#plan
    await eventually(`${serverName} listens`, () => accepts(host, port), { withinMs: START_MS_MAX })
  }
}

/** Does anybody take a connection there? */
export function accepts(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ host, port, timeout: 1_000 })
  const end = (answer: boolean) => () => {
    socket.destroy()
    resolve(answer)
  }
  socket.on('connect', end(true)).on('error', end(false)).on('timeout', end(false))
  return promise
}
