/**
 * What one engine does must not be felt by another that the same agent watches. Real: the agent with its
 * threads, a nats-server, and what a master reads. Simulated: an engine that is well; played: one that
 * hangs, one that floods, one that answers nonsense, each in a process of its own.
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createIdentity, SEED_FILE } from '@roadstead/bus/identity.ts'
import { connectMasterBus } from '@roadstead/bus/nats/master-bus.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { MasterId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { endRun } from '../rig/end-run.ts'
import { Engine } from '../rig/engine.ts'
import { eventually } from '../rig/eventually.ts'
import { LOOPBACK } from '../rig/lan.ts'
import { NatsRig } from '../rig/nats.ts'
import { startAgentOfSeveral } from '../rig/parts.ts'
import { Process } from '../rig/process.ts'
import { RunFolder } from '../rig/run-folder.ts'

const BAD = ['hangs', 'floods', 'lies'] as const
const STARTS = 60
/** On two cores with a flood that takes one and a half; alone it is a tenth. */
const P99_MS_MAX = 400
const BAD_ENGINE = fileURLToPath(new URL('../rig/bad-engine.ts', import.meta.url))

test('an engine is heard as soon beside others that hang, flood and lie as alone', async (t) => {
  await using site = await Site.start()
  const alone = await site.startsTold('alone')
  const bad = BAD.map((kind) => site.goBad(kind))
  await site.areBad()
  const beside = await site.startsTold('beside')
  const spent = bad.map(({ name }) => name).join(', ')
  t.diagnostic(`alone: ${shown(alone)}; beside ${spent}: ${shown(beside)}`)
  assert.equal(beside.length, STARTS)
  assert.ok(percentile(beside, 0.99) < P99_MS_MAX, shown(beside))
  assert.deepEqual(site.gone, [])
})

function shown(times: readonly number[]): string {
  const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)]
  return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, n ${times.length}`
}

function percentile(times: readonly number[], part: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(part * (times.length - 1))] ?? Infinity
}

/** An agent with four engines, and a master's ear. */
class Site implements AsyncDisposable {
  /** Containers of the engine that is well, which somebody said are gone. */
  readonly gone: string[] = []
  readonly #folder = new RunFolder()
  readonly #told = new Map<string, number>()
  readonly #open = new AsyncDisposableStack()
  readonly #stop = new AbortController()
  #engine: Engine | undefined
  #agent: Process | undefined

  static async start(): Promise<Site> {
    const site = new Site()
    try {
      await site.#begin()
      return site
    } catch (error) {
      await site[Symbol.asyncDispose]()
      throw error
    }
  }

  goBad(kind: (typeof BAD)[number]): Process {
    const command = [process.execPath, BAD_ENGINE, this.#socket(kind), kind] as const
    return Process.start({ name: kind, command: [...command] }, this.#folder)
  }

  /** The agent has met each of them. */
  async areBad(): Promise<void> {
    const met = [/TimeoutError/, /faster than they could be taken/, /larger than 32 MiB/]
    await eventually(
      'each has shown what it is',
      () => {
        const log = readFileSync(path.join(this.#folder.path, 'agent-of-several.log'), 'utf8')
        const missing = met.filter((words) => !words.test(log))
        if (missing.length === 0) return true
        throw new Error(`not seen: ${missing.join(', ')}; ${log.slice(-3_000)}`)
      },
      { withinMs: 60_000 },
    )
  }

  /** Starts containers one after the other: how long after its event each is told to a master. */
  async startsTold(name: string): Promise<number[]> {
    const engine = this.#well()
    const times: number[] = []
    for (let at = 0; at < STARTS; at += 1) {
      const id = await engine.run(`${name}-${at}`)
      times.push(await eventually('its start is told', () => this.#told.get(id), SOON))
    }
    return times
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#agent?.stop()
    await this.#open.disposeAsync()
    await endRun(this.#folder.path)
  }

  #well(): Engine {
    assert.ok(this.#engine !== undefined)
    return this.#engine
  }

  #socket(name: string): string {
    return path.join(this.#folder.path, `${name}.sock`)
  }

  async #begin(): Promise<void> {
    const names = ['well', ...BAD]
    const users = names.map((id) => ({ role: 'agent', id }) as const)
    const master = { role: 'master', id: 'm1' } as const
    const nats = this.#open.use(await NatsRig.start({ users: [...users, master] }))
    this.#engine = await Engine.simulate('well', this.#folder)
    const stateDir = this.#folder.folder('agents')
    for (const id of names) {
      const { seed, site, natsUrl } = nats.user('agent', id)
      const own = this.#folder.folder('agents', id)
      writeFileSync(path.join(own, SEED_FILE), seed, { mode: 0o600 })
      await createIdentity(own, { role: 'agent', id, name: id, site, natsUrl, masters: [] })
    }
    const sockets = names.map((id) => [id, id === 'well' ? this.#engine?.socket : this.#socket(id)])
    const engines = Object.fromEntries(sockets.map(([id, at]) => [id, { url: `unix://${at}` }]))
    const file = path.join(this.#folder.path, 'engines.json')
    writeFileSync(file, JSON.stringify({ engines }))

    const { seed, site, natsUrl } = nats.user('master', 'm1')
    const params = { natsUrl, seed, site, clock, random, log }
    const bus = this.#open.use(connectMasterBus({ ...params, id: MasterId.parse('m1') }))
    void this.#listen(bus)
    const env = { ROADSTEAD_STATE_DIR: stateDir, ROADSTEAD_ENGINES: file }
    this.#agent = startAgentOfSeveral(this.#folder, env, LOOPBACK)
    // What is there when a snapshot is told is not told again by itself.
    await eventually(
      'it is heard',
      async () => {
        await this.#well().run(`first-${(attempt += 1)}`)
        if (this.#told.size === 0) throw new Error(this.#agent?.tail())
        return true
      },
      { withinMs: 40_000 },
    )
  }

  async #listen(bus: ReturnType<typeof connectMasterBus>): Promise<void> {
    for await (const delivery of bus.followEvents(1, this.#stop.signal)) {
      if (delivery.kind !== 'message') continue
      const arrivedMs = Date.now()
      const { data, more = [] } = delivery.value
      for (const said of [data, ...more]) {
        if (said.stamp.host !== 'well') continue
        if (said.kind === 'container-gone') this.gone.push(said.name)
        if (said.kind !== 'container-seen' || said.container.state !== 'running') continue
        const { id, startedAt = '' } = said.container
        if (!this.#told.has(id)) this.#told.set(id, arrivedMs - Date.parse(startedAt))
      }
    }
  }
}

const SOON = { withinMs: 20_000 }
let attempt = 0
