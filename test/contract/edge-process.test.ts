import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { createIdentity } from '@roadstead/bus/identity.ts'
import { connectMasterBus } from '@roadstead/bus/nats/master-bus.ts'
import { signWith } from '@roadstead/bus/nkey.ts'
import { manifestKey, type MasterBus } from '@roadstead/bus/ports.ts'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { readPid } from '@roadstead/edge/io/nginx.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { EdgeId, MasterId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import { eventually } from '../rig/eventually.ts'
import { freePorts } from '../rig/free-ports.ts'
import { NatsRig } from '../rig/nats.ts'

/** The edge as a process of its own, beside a real nats-server and a real nginx. */
const MAIN = fileURLToPath(import.meta.resolve('@roadstead/edge/main.ts'))
const patience = { withinMs: 10_000 }
const edgeId = EdgeId.parse('e1')
const serviceId = 'u_00000000000000aa'

test('a table from a master is in force within the second, and the masters hear of it', async () => {
  await using stage = await Stage.start()
  await using edge = await stage.edge()
  await stage.publish('shop.test')
  await eventually('shop is routed', () => stage.serves('shop.test'), patience)
  const status = await stage.heard((it) => it.inForce?.version === 1)
  assert.equal(status.outcome.kind, 'applied')
  assert.equal(status.inForce?.routes, 1)
  assert.equal(status.nginx.running, true)
  assert.ok((status.applied?.answeringMs ?? 0) >= (status.applied?.acceptedMs ?? 1))

  await edge.stop('SIGTERM')
  assert.equal(await stage.serves('shop.test').catch(() => 'nobody'), 'nobody')
})

test('with its bus gone and the edge killed and started again, visitors notice nothing', async () => {
  await using stage = await Stage.start()
  await using first = await stage.edge()
  await stage.publish('shop.test')
  await eventually('shop is routed', () => stage.serves('shop.test'), patience)
  await eventually('the table is on disk', () => stage.keptTable(), patience)
  await eventually('all of nginx has it', () => stage.servesAlways('shop.test'), patience)
  await stage.loseBus()
  await first.stop('SIGKILL')
  assert.ok(await stage.serves('shop.test'))
  await using second = await stage.edge()
  await eventually('the edge runs', () => second.said('nginx serves'), patience)
  assert.ok(second.said('adopted'))
  assert.ok(await stage.serves('shop.test'))
})

test('two edges never share a state directory', async () => {
  await using stage = await Stage.start()
  await using first = await stage.edge()
  await eventually('the edge runs', () => first.said('nginx serves'), patience)
  await using second = await stage.edge()
  assert.equal(await second.exitCode(), 5)
  assert.ok(second.said('ROADSTEAD_STATE_DIR'))
})

test('a busy port is named with the variable that changes it', async () => {
  await using stage = await Stage.start()
  const server = http.createServer().listen(stage.port, '127.0.0.1')
  await once(server, 'listening')
  await using edge = await stage.edge()
  assert.equal(await edge.exitCode(), 1)
  assert.ok(edge.said(String(stage.port)) && edge.said('ROADSTEAD_HTTP_PORT'))
  server.close()
})

class Stage implements AsyncDisposable {
  readonly port: number
  readonly #nats: NatsRig
  readonly #folder: string
  readonly #master: MasterBus
  readonly #seed: string
  readonly #stop = new AbortController()
  readonly #server = http.createServer((_request, response) => response.end('shop'))
  readonly #statuses: EdgeStatus[] = []
  #version = 0

  private constructor(nats: NatsRig, folder: string, port: number) {
    this.#nats = nats
    this.#folder = folder
    this.port = port
    const { seed, natsUrl, site } = nats.user('master', 'm1')
    this.#seed = seed
    const id = MasterId.parse('m1')
    this.#master = connectMasterBus({ natsUrl, seed, id, site, clock, random, log })
  }

  static async start(): Promise<Stage> {
    const users = [
      { role: 'master', id: 'm1' },
      { role: 'edge', id: edgeId },
    ] as const
    const nats = await NatsRig.start({ users })
    const folder = await mkdtemp(join(tmpdir(), 'roadstead-edge-process-'))
    const [port = 0] = await freePorts(1)
    const stage = new Stage(nats, folder, port)
    await stage.#begin()
    return stage
  }

  async edge(): Promise<EdgeProcess> {
    const env = {
      PATH: process.env['PATH'] ?? '',
      ROADSTEAD_STATE_DIR: this.#folder,
      ROADSTEAD_HTTP_PORT: String(this.port),
      ROADSTEAD_HTTP_BIND: '127.0.0.1',
    }
    return Promise.resolve(new EdgeProcess(env))
  }

  /** Writes a table as a leader does; the domain leads to a server of this test. */
  async publish(domain: string): Promise<void> {
    this.#version += 1
    const address = this.#server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const endpoint = { host: 'h1', container: 'a'.repeat(64), address: '127.0.0.1', port }
    const route = { domain, path: '/', match: 'prefix', stripPrefix: false, service: serviceId }
    const text = JSON.stringify({
      services: [{ id: serviceId, key: 'shop', endpoints: [endpoint] }],
      routes: [route],
    })
    const manifest = {
      v: 1,
      site: this.#nats.site,
      edge: edgeId,
      epoch: 1,
      version: this.#version,
      instance: 'i1',
      input: '0'.repeat(64),
      slices: [sha256(text)],
      inline: [text],
      witnesses: [],
      force: false,
      trace: { action: 'start', agentMs: 1, masterMs: 2, writtenMs: 3 },
    }
    const signed = signWith(this.#seed)('table', JSON.stringify(manifest))
    await eventually('the table is stored', () => this.#store(JSON.stringify(signed)), patience)
  }

  async serves(domain: string): Promise<boolean> {
    const options = { host: '127.0.0.1', port: this.port, headers: { host: domain }, agent: false }
    const { promise, resolve, reject } = Promise.withResolvers<boolean>()
    http
      .get(options, (response) => {
        response.resume()
        resolve(response.statusCode === 200)
      })
      .on('error', reject)
    return promise
  }

  /** Old workers may answer by what was before for another 100 ms, whoever answers first. */
  async servesAlways(domain: string): Promise<boolean> {
    const untilMs = performance.now() + 250
    while (performance.now() < untilMs) if (!(await this.serves(domain))) return false
    return true
  }

  async heard(wanted: (status: EdgeStatus) => boolean): Promise<EdgeStatus> {
    return eventually('the masters hear of it', () => this.#statuses.find(wanted), patience)
  }

  async keptTable(): Promise<boolean> {
    return (await readFile(join(this.#folder, 'table.json'), 'utf8')).includes('shop.test')
  }

  async loseBus(): Promise<void> {
    for (const server of this.#nats.servers) await server.kill('SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    // A test that failed between two lives of the edge leaves an nginx that nobody watches.
    const pid = await readPid(join(this.#folder, 'nginx'))
    if (pid !== undefined) signal(pid)
    await this.#master[Symbol.asyncDispose]()
    await this.#nats[Symbol.asyncDispose]()
    this.#server.close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #begin(): Promise<void> {
    const { seed, natsUrl, site } = this.#nats.user('edge', edgeId)
    await writeFile(join(this.#folder, 'nkey.seed'), seed)
    const masters = [this.#nats.user('master', 'm1').publicKey]
    await createIdentity(this.#folder, {
      role: 'edge',
      id: edgeId,
      name: 'e1',
      site,
      natsUrl,
      masters,
    })
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    void this.#listen()
  }

  async #listen(): Promise<void> {
    for await (const it of this.#master.followEdges(this.#stop.signal)) {
      if (it.kind === 'message') this.#statuses.push(it.value)
    }
  }

  async #store(text: string): Promise<boolean> {
    const { last } = await this.#master.control.readLease()
    const key = manifestKey(this.#nats.site, edgeId)
    return (await this.#master.control.write(key, text, last)).kind === 'stored'
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch {
    // It has ended by itself, as it should.
  }
}

class EdgeProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #output = ''

  constructor(env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#ended = once(this.#child, 'exit')
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output += chunk
      })
    }
  }

  said(text: string): boolean {
    return this.#output.includes(text)
  }

  async exitCode(): Promise<number | null> {
    await this.#ended
    return this.#child.exitCode
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal)
    await this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGTERM')
  }
}
