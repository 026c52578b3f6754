import Docker from 'dockerode'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { eventually } from './eventually.ts'
import { clerkImage, type Image } from './image/whoami.ts'
import type { Lan, LanHost } from './lan.ts'
import { Process } from './process.ts'
import { holdersOf } from './proc.ts'
import type { RunFolder } from './run-folder.ts'
import { containerRequest, type RunOptions } from './run-options.ts'

/** 0.3 s on an idle machine; a restart with containers in it takes longer. */
const START_MS_MAX = 30_000

const SIMULATOR = fileURLToPath(new URL('../../packages/simulator/src/main.ts', import.meta.url))
/** It is always there, and its program is the simulator itself. */
const SIMULATED_IMAGE: Image = {
  tag: 'roadstead/demo:1',
  archive: Buffer.alloc(0),
  changes: [],
}

/** Names that an engine finds in the network of the test, where registries need no TLS. */
export interface NamesOfLan {
  /** Lines of a hosts file; empty: none. */
  readonly hosts: string
  readonly network: string
}

export function namesOn({ address, prefix }: Lan, names: readonly string[]): NamesOfLan {
  const hosts = names.map((name) => `${address} ${name}\n`).join('')
  return { hosts, network: `${prefix}.0/24` }
}

/** What is not the same for every engine. */
export interface EngineManner {
  readonly names?: NamesOfLan
  /** Options of its own, for one that also listens elsewhere. */
  readonly more?: readonly string[]
}

/** A real Docker Engine in the network namespace of a test host. */
export class Engine {
  readonly name: string
  readonly socket: string
  readonly api: Docker
  readonly #process: Process
  readonly #home: string
  readonly #image: Image
  #clerk: Promise<string> | undefined

  private constructor(name: string, home: string, started: Process, image: Image) {
    this.name = name
    this.#home = home
    this.#process = started
    this.#image = image
    this.socket = path.join(home, 'docker.sock')
    this.api = new Docker({ socketPath: this.socket, timeout: 30_000 })
  }

  static async start(
    name: string,
    host: LanHost,
    folder: RunFolder,
    image: Image,
    { more = [], names = { hosts: '', network: '' } }: EngineManner = {},
  ): Promise<Engine> {
    const home = folder.folder(`engine-${name}`)
    const plain = { 'insecure-registries': [names.network] }
    const settings = names.hosts === '' ? {} : plain
    writeFileSync(path.join(home, 'engine.json'), JSON.stringify(settings))
    const own: [string, ...string[]] = [...command(home, host), ...more]
    const started = Process.start(
      { name: `engine-${name}`, command: names.hosts === '' ? own : withHosts(own, home, names) },
      folder,
    )
    const engine = new Engine(name, home, started, image)
    await engine.#answers()
    await engine.load(image)
    return engine
  }

  /** A simulated engine, for tests that need many hosts or no rights on this machine. */
  static async simulate(name: string, folder: RunFolder): Promise<Engine> {
    const home = folder.folder(`engine-${name}`)
    const argv = ['--socket', path.join(home, 'docker.sock'), '--name', name] as const
    const started = Process.start(
      { name: `engine-${name}`, command: [process.execPath, SIMULATOR, ...argv] },
      folder,
    )
    const engine = new Engine(name, home, started, SIMULATED_IMAGE)
    await engine.#answers()
    return engine
  }

  /** Brings an image in, as a registry would, from its archive. */
  async load(image: Image): Promise<void> {
    const [repo, tag] = image.tag.split(':')
    const stream = await this.api.importImage(Readable.from([image.archive]), {
      repo,
      tag,
      changes: [...image.changes],
    })
    await new Promise<void>((resolve, reject) => {
      this.api.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()))
    })
  }

  /** Creates and starts a container that says its name, and returns its id. */
  async run(name: string, options: RunOptions = {}): Promise<string> {
    const id = await this.create(name, options)
    await this.api.getContainer(id).start()
    return id
  }

  async create(name: string, options: RunOptions = {}): Promise<string> {
    const isLent = options.porter === true || options.echo !== undefined
    const needsNode = options.clerk !== undefined || isLent
    const own = needsNode ? await this.clerkTag() : this.#image.tag
    const image = options.image ?? own
    const request = containerRequest(name, image, options)
    const container = await this.api.createContainer(request)
    return container.id
  }

  /** The image of the clerk, brought in when it is first asked for. */
  clerkTag(): Promise<string> {
    this.#clerk ??= clerkImage().then(async (image) => {
      await this.load(image)
      return image.tag
    })
    return this.#clerk
  }

  container(name: string): Docker.Container {
    return this.api.getContainer(name)
  }

  async remove(name: string): Promise<void> {
    await this.container(name).remove({ force: true, v: true })
  }

  /** Makes its HEALTHCHECK fail, or pass again. */
  async sicken(name: string): Promise<void> {
    await this.#exec(name, ['touch', '/tmp/sick'])
  }

  async heal(name: string): Promise<void> {
    await this.#exec(name, ['rm', '/tmp/sick'])
  }

  /** With a subnet of its own when containers are to choose their addresses in it. */
  async createNetwork(name: string, subnet?: string): Promise<void> {
    const own = subnet === undefined ? {} : { IPAM: { Config: [{ Subnet: subnet }] } }
    await this.api.createNetwork({ Name: name, Driver: 'bridge', ...own })
  }

  get process(): Process {
    return this.#process
  }

  /** Dies without a word: its containers go on. */
  async kill(): Promise<void> {
    await this.#process.kill()
    // Its own helper processes notice; one that lingers would pass for the next one's.
    await eventually('its children ended', () => this.#children().length === 0, {
      withinMs: START_MS_MAX,
    })
  }

  async restart(): Promise<void> {
    rmSync(path.join(this.#home, 'docker.pid'), { force: true })
    rmSync(path.join(this.#home, 'exec/containerd/containerd.pid'), { force: true })
    await this.#process.restart()
    await this.#answers()
  }

  #children(): number[] {
    const containerd = path.join(this.#home, 'exec/containerd/containerd.toml')
    return holdersOf(containerd)
  }

  async #exec(name: string, argv: string[]): Promise<void> {
    const exec = await this.container(name).exec({ Cmd: argv, AttachStdout: true })
    const stream = await exec.start({})
    stream.resume()
    await new Promise((resolve) => stream.on('end', resolve))
  }

  async #answers(): Promise<void> {
    await eventually(
      `the engine of ${this.name} answers`,
      async () => {
        if (!this.#process.isRunning()) throw new Error(this.#process.tail())
        return (await this.api.ping()) !== undefined
      },
      { withinMs: START_MS_MAX },
    )
  }
}

/** The same with a hosts file that nobody else on this machine sees. */
function withHosts(
  [file, ...args]: [string, ...string[]],
  home: string,
  { hosts }: NamesOfLan,
): [string, ...string[]] {
  const path = `${home}/hosts`
  // Without the names of the machine itself the engine would ask a server for them, in vain.
  writeFileSync(path, `${readFileSync('/etc/hosts', 'utf8')}\n${hosts}`)
  const script = 'mount --bind "$0" /etc/hosts && exec "$@"'
  return ['unshare', '--mount', 'sh', '-c', script, path, file, ...args]
}

/**
 * Everything of its own: data, sockets, configuration, address pools. `live-restore` keeps its
 * containers alive while it is down, as a host that is cared for has it.
 */
function command(home: string, host: LanHost): [string, ...string[]] {
  return [
    'nsenter',
    `--net=/run/netns/${host.namespace}`,
    'dockerd',
    `--host=unix://${home}/docker.sock`,
    `--data-root=${home}/data`,
    `--exec-root=${home}/exec`,
    `--pidfile=${home}/docker.pid`,
    `--config-file=${home}/engine.json`,
    `--bip=172.30.${host.index}.1/24`,
    `--default-address-pool=base=172.31.${host.index * 16}.0/20,size=26`,
    '--live-restore',
    '--log-level=warn',
  ]
}
