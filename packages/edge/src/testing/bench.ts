import { mkdtemp, realpath, rm } from 'node:fs/promises'
import http from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { InstanceId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { Supervisor } from '@roadstead/shared/kernel/supervisor.ts'
import { render, type Rendering } from '../core/nginx/render.ts'
import type { OwnView } from '../core/own-view.ts'
import type { EdgeTable } from '../core/table.ts'
import { ObjectFiles } from '../io/object-files.ts'
import { CertificateFolder } from '../io/certificate-folder.ts'
import { type OpenedNginx, openNginx } from '../io/open-nginx.ts'
import { readPair } from '../io/read-pair.ts'
import { StateFiles } from '../io/state-files.ts'
import { applyTables, type ApplyTablesDeps } from '../loops/apply-tables.ts'
import { FenceKeeper } from '../loops/fence-keeper.ts'
import { keepTables } from '../loops/keep-tables.ts'
import { restoreState } from '../loops/restore-state.ts'
import { CertificateKeeper } from '../loops/take-certificates.ts'
import { beginCertificates, watchCertificates } from '../loops/watch-certificates.ts'
import { superviseNginx } from '../loops/supervise-nginx.ts'
import { watchQuiet } from '../loops/watch-quiet.ts'
import { EdgeCell } from '../state.ts'

export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

export type BenchTier = 'live' | 'reload'
export const TIERS: readonly BenchTier[] = ['live', 'reload']

interface BenchOptions {
  /** The live tier unless told otherwise: this machine's nginx has the module. */
  readonly tier?: BenchTier
  /** Folder with certificates; with one it listens with TLS as well. */
  readonly certificates?: string
  /** Where an edge has been before. */
  readonly tlsPort?: number
  /** Stands in for the renderer, to give nginx what ours never would. */
  readonly render?: typeof render
  /** What the apply loop sees of nginx and disk may be bent here. */
  readonly bend?: (deps: ApplyTablesDeps) => ApplyTablesDeps
}

/** The apply loop on a real nginx of its own, in a folder of its own, and a visitor. */
export class Bench implements AsyncDisposable {
  readonly state = new EdgeCell()
  readonly port: number
  readonly tlsPort: number
  readonly stateDir: string
  readonly opened: OpenedNginx
  readonly #loops = new Supervisor(log)
  #version = 0

  private constructor(stateDir: string, port: number, tlsPort: number, opened: OpenedNginx) {
    this.stateDir = stateDir
    this.port = port
    this.tlsPort = tlsPort
    this.opened = opened
  }

  static async start(options: BenchOptions = {}): Promise<Bench> {
    const made = await mkdtemp(join(tmpdir(), 'roadstead-edge-'))
    return Bench.in(await realpath(made), await freePort(), options)
  }

  /** In a folder where an edge has been before. */
  static async in(stateDir: string, port: number, options: BenchOptions = {}): Promise<Bench> {
    const where = { stateDir, httpBind: '127.0.0.1', httpPort: port, nginx: undefined, path: '' }
    const tier = options.tier === 'reload' ? 'reload' : 'auto'
    const hasTls = options.certificates !== undefined
    const tlsPort = hasTls ? (options.tlsPort ?? (await freePort())) : undefined
    const opened = await openNginx({ ...where, httpsPort: tlsPort, tier, digest, clock, log })
    const bench = new Bench(stateDir, port, tlsPort ?? 0, opened)
    await bench.#run(options)
    return bench
  }

  /** Asks for a table and waits until its fate is known. */
  async apply(table: EdgeTable): Promise<void> {
    this.want(table)
    const before = this.state.outcome
    await eventually(() => this.state.outcome !== before && !this.isBusy())
  }

  want(table: EdgeTable): void {
    this.#version += 1
    const stamp = { epoch: 1, version: this.#version, instance: InstanceId.parse('test') }
    this.state.fence = { epochMax: 1, stamp }
    this.state.desired = { stamp, table, acceptedMs: clock.wallMs() }
    this.state.wish()
  }

  /** False when the newest table is in force for certain or has been rejected. */
  isBusy(): boolean {
    const { desired, inForce, outcome, verified } = this.state
    if (outcome.kind === 'rejected') return false
    return inForce?.stamp !== desired?.stamp || verified !== inForce?.generation
  }

  /** Whether a restart would serve what is in force. */
  isKept(): boolean {
    const { kept, inForce } = this.state
    return kept?.stamp === inForce?.stamp && kept?.generation === inForce?.generation
  }

  async get(
    url: string,
    headers: http.OutgoingHttpHeaders = {},
    more: VisitOptions = {},
  ): Promise<Answer> {
    const slash = url.indexOf('/')
    const [host, path] = slash === -1 ? [url, '/'] : [url.slice(0, slash), url.slice(slash)]
    return visit(this.port, host, path, headers, more)
  }

  /** Stops the loops and leaves nginx as it is, as a killed edge would. */
  async abandon(): Promise<void> {
    await this.#loops[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loops[Symbol.asyncDispose]()
    await this.opened[Symbol.asyncDispose]()
    await rm(this.stateDir, { recursive: true, force: true })
  }

  async #run(options: BenchOptions): Promise<void> {
    const { nginx, files, fallback, settings, live, tier, ports } = this.opened
    const disk = new StateFiles(this.stateDir)
    const { state } = this
    const objectFiles = new ObjectFiles(this.stateDir)
    await restoreState({ disk, objectFiles, files, state, tier, digest, clock })
    const kit = { nginx, live, files, disk, state, digest, clock, random, log, fallback }
    if (options.certificates !== undefined) await this.#showCertificates(options.certificates, disk)
    const draw = options.render ?? render
    const deps = {
      ...kit,
      ports,
      render: (table: EdgeTable, view: OwnView, before?: Rendering) =>
        draw(table, view, settings, before),
    }
    const bent = options.bend?.(deps) ?? deps
    const fences = new FenceKeeper({ disk: bent.disk, clock })
    this.#loops.run('supervise', (stop) => superviseNginx(kit, stop))
    this.#loops.run('apply', (stop) => applyTables({ ...bent, disk: fences }, stop))
    this.#loops.run('keep', (stop) => keepTables(kit, stop))
    this.#loops.run('quiet', (stop) => watchQuiet(kit, stop))
    state.wish()
  }

  async #showCertificates(path: string, disk: StateFiles): Promise<void> {
    const { files, tryCertificates } = this.opened
    const { state } = this
    const pairs = { read: readPair, try: tryCertificates }
    const kit = { pairs, files, disk, state, digest, clock, log }
    const deps = { ...kit, folder: new CertificateFolder(path), keeper: new CertificateKeeper(kit) }
    const memory = await beginCertificates(deps)
    this.#loops.run('certificates', (stop) => watchCertificates(deps, memory, stop))
  }
}

/** A folder that is gone afterwards. */
export async function inTempFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'roadstead-edge-')))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Something to route to: says its name and what it was asked. */
export async function webServer(
  name: string,
  handle: http.RequestListener = (request, response) => {
    response.setHeader('x-by', name)
    response.end(JSON.stringify({ url: request.url, headers: request.headers }))
  },
): Promise<AsyncDisposable & { readonly port: number; readonly server: http.Server }> {
  const server = http.createServer(handle)
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    port,
    server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((closed) => server.close(() => closed()))
    },
  }
}

/** Asks until the probe says yes. */
export async function eventually(
  probe: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await probe())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${String(probe)}`)
    await sleep(10)
  }
}

/** A port that nobody uses now, and that the kernel gives to no connection by itself. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 20_000)
    const server = createServer()
    const { promise, resolve } = Promise.withResolvers<boolean>()
    server.once('error', () => resolve(false))
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)))
    if (await promise) return port
  }
}

export interface VisitOptions {
  readonly method?: string
  /** Of the visitor. */
  readonly localAddress?: string
  readonly body?: string | Buffer
}

/** One request over a connection of its own. */
export function visit(
  port: number,
  host: string,
  path: string,
  headers: http.OutgoingHttpHeaders = {},
  { body: sent, ...more }: VisitOptions = {},
): Promise<Answer> {
  const where = { host: '127.0.0.1', port, path, agent: false } as const
  const options = { ...where, headers: { host, ...headers }, ...more }
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const request = http.request(options, (response) => {
    let body = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      body += chunk
    })
    response.on('end', () => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
    })
    response.on('error', reject)
  })
  request.on('error', reject)
  request.end(sent)
  return promise
}
