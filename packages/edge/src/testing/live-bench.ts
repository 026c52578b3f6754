import { readFile } from 'node:fs/promises'
import http from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import type { LiveEntries } from '../core/live/live-table.ts'
import { seal } from '../core/nginx/envelope.ts'
import { LIVE_LOCATION, liveLocation, LUA_FILES, TABLE_KB } from '../core/nginx/live-main.ts'
import { CANDIDATE, FILES, mainFile } from '../core/nginx/main-file.ts'
import { ConfFiles } from '../io/conf-files.ts'
import { ControlSocket } from '../io/control-socket.ts'
import { LiveSocket } from '../io/live-socket.ts'
import { workerUser } from '../io/machine.ts'
import { ManagedNginx, readPid } from '../io/nginx.ts'
import { findNginx } from '../io/nginx-binary.ts'
import { nginxWorkers } from '../io/processes.ts'
import { probeLive } from '../io/probe-live.ts'
import { writeWhole } from '../io/write-whole.ts'
import { type Answer, freePort, inTempFolder, visit } from './bench.ts'

interface LiveBenchOptions {
  readonly tableKb?: number
  readonly flightKb?: number
  /** Body of the file with routes. */
  readonly routes?: string
  /** What is on disk before nginx starts. */
  readonly liveFile?: string
}

/** A name for what is in force; the text makes it readable in a failure. */
export function named(text: string): string {
  return digest(text).slice(0, 16)
}

/** nginx in the live tier and nothing else: its memory is written by the test. */
export class LiveBench implements AsyncDisposable {
  readonly folder: string
  readonly port: number
  readonly table: LiveSocket
  readonly nginx: ManagedNginx
  readonly #stack: AsyncDisposableStack
  #base = ''
  #count = 0

  private constructor(
    folder: string,
    port: number,
    nginx: ManagedNginx,
    table: LiveSocket,
    stack: AsyncDisposableStack,
  ) {
    this.folder = folder
    this.port = port
    this.nginx = nginx
    this.table = table
    this.#stack = stack
  }

  static async start(options: LiveBenchOptions = {}): Promise<LiveBench> {
    await using stack = new AsyncDisposableStack()
    const { path: folder } = stack.use(await inTempFolder())
    const [binary, port] = [await findNginx(undefined, ''), await freePort()]
    const probed = await probeLive(binary, folder)
    if (probed.kind !== 'live') throw new Error(probed.reason)
    const { tableKb = TABLE_KB, flightKb } = options
    const room = { tableKb, ...(flightKb === undefined ? {} : { flightKb }) }
    const live = { modules: probed.modules, ...room }
    const settings = { listen: `127.0.0.1:${port}`, port, user: (await workerUser())?.names, live }
    const main = mainFile(settings, binary.features, FILES)
    const texts = LUA_FILES.map(async (name) => {
      const text = await readFile(new URL(`../lua/${name}`, import.meta.url), 'utf8')
      return [name, text] as const
    })
    const more = new Map([[LIVE_LOCATION, liveLocation], ...(await Promise.all(texts))])
    const candidate = mainFile(settings, binary.features, CANDIDATE)
    await new ConfFiles(folder, digest).prepare(main, candidate, more)
    await writeWhole(
      join(folder, FILES.routes),
      seal((options.routes ?? '').replaceAll('PORT', String(port)), digest).text,
    )
    if (options.liveFile !== undefined) {
      await writeWhole(join(folder, FILES.live), options.liveFile)
    }
    const params = { binary, folder, bind: '127.0.0.1', ports: [port], clock }
    const nginx = stack.use(await ManagedNginx.in(params))
    const started = await nginx.start(false)
    if (started.kind !== 'started') throw new Error(JSON.stringify(started))
    const socket = stack.use(await ControlSocket.in(folder))
    let tokens = 0
    const newToken = () => `t${(tokens += 1)}`
    const table = new LiveSocket({ path: socket.path, newToken })
    return new LiveBench(folder, port, nginx, table, stack.move())
  }

  /** Everything anew. */
  async have(entries: Readonly<Record<string, string>>): Promise<void> {
    await this.haveAll(new Map(Object.entries(entries)))
  }

  async haveAll(entries: LiveEntries): Promise<void> {
    this.#base = named(`whole ${(this.#count += 1)}`)
    const pushed = await this.table.replace(entries, this.#base)
    if (pushed.kind !== 'pushed') throw new Error(JSON.stringify(pushed))
  }

  /** One entry more, another one, or with no value one less. */
  async put(key: string, value: string | undefined): Promise<void> {
    const step =
      value === undefined ? { kind: 'delete' as const, key } : { kind: 'set' as const, key, value }
    const next = named(`step ${(this.#count += 1)}`)
    const pushed = await this.table.push([step], this.#base, next)
    if (pushed.kind !== 'pushed') throw new Error(JSON.stringify(pushed))
    this.#base = next
  }

  get base(): string {
    return this.#base
  }

  /** Name of the entries, as the control socket shows it. */
  async live(): Promise<string> {
    return (await this.#control('/')).split(' ')[1] ?? ''
  }

  /** Requests that wait for an endpoint of a service, as nginx counts them. */
  async waiting(service: string): Promise<number> {
    const lines = (await this.#control('/waiting')).split('\n')
    return Number(lines.find((line) => line.startsWith(`${service} `))?.split(' ')[1] ?? 0)
  }

  async get(host: string, path = '/', headers: http.OutgoingHttpHeaders = {}): Promise<Answer> {
    return visit(this.port, host, path, headers)
  }

  async workers(): Promise<readonly number[]> {
    const master = await readPid(this.folder)
    if (master === undefined) return []
    return (await nginxWorkers(master, this.folder)).map((worker) => worker.pid)
  }

  /** What nginx complained about. */
  async complaints(): Promise<string> {
    return readFile(join(this.folder, FILES.log), 'utf8')
  }

  async #control(path: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const socketPath = join(this.folder, FILES.socket)
    const asked = http.get({ socketPath, path, agent: false }, (response) => {
      text(response).then(resolve, reject)
    })
    asked.on('error', reject)
    return promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]()
  }
}
