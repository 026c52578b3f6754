/**
 * Ten thousand attempts to make an agent do what its leader did not ask for. Real: a nats-server, the
 * agent's connection, its state folder and the loop in which it obeys, with keys and signatures.
 * Scripted: the engine, which writes down every change that it is asked for.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openStateDir } from '@roadstead/agent/io/state-dir.ts'
import { Nonces } from '@roadstead/agent/loops/beat.ts'
import { obey } from '@roadstead/agent/loops/obey.ts'
import { aContainer, aState, cause, STARTED_AT } from '@roadstead/agent/testing.ts'
import { connectAgentBus } from '@roadstead/bus/nats/agent-bus.ts'
import { type Sign, signWith, verifySigned } from '@roadstead/bus/nkey.ts'
import { inboxPrefixOf } from '@roadstead/bus/permissions.ts'
import { commandSubject } from '@roadstead/bus/subjects.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { HostId, InstanceId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { Command, CommandReply } from '@roadstead/shared/protocol/command.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import { connectRaw } from '../rig/admin.ts'
import { eventually } from '../rig/eventually.ts'
import { NatsRig } from '../rig/nats.ts'
import { attemptsAgainst, container, EPOCH, type Fields, hex } from './command-attempts.ts'

const ATTEMPTS = 10_000
const LEGITIMATE = 20
/** Below what an agent takes at once: what is beyond would get no answer, and prove nothing. */
const AT_ONCE = 48
const h1 = HostId.parse('h1')

test('of ten thousand attempts an agent carries out what its leader asked for, once', async (t) => {
  await using site = await Site.start()
  const leader = site.leader()
  const began = performance.now()
  const genuine: Signed[] = []
  const outcomes = new Map<string, number>()
  const wrong: string[] = []

  await t.test('each is refused by its name, and each restart is done once', async () => {
    genuine.push(await site.restart(leader))
    const attempts = attemptsAgainst(site, genuine)
    await inParallel(ATTEMPTS, async (at) => {
      if (at % (ATTEMPTS / (LEGITIMATE - 1)) < 1) genuine.push(await site.restart(leader))
      const { name, make } = attempts[at % attempts.length] ?? never()
      const { text, reason } = make(Math.floor(at / attempts.length))
      const reply = await site.send(text)
      const got = reply.kind === 'refused' ? reply.reason : reply.kind
      if (got !== reason) wrong.push(`${name}: ${got}, not ${reason}`)
      outcomes.set(`${name}: ${got}`, (outcomes.get(`${name}: ${got}`) ?? 0) + 1)
    })
    const tookMs = Math.round(performance.now() - began)
    t.diagnostic(`${ATTEMPTS} attempts of ${attempts.length} kinds in ${tookMs} ms`)
    for (const [outcome, count] of outcomes) t.diagnostic(`${outcome} × ${count}`)
    assert.deepEqual(wrong.slice(0, 10), [])
    assert.equal(genuine.length, LEGITIMATE)
    assert.equal(site.changes.length, LEGITIMATE)
    assert.ok(site.changes.every((it) => it === container))
  })

  await t.test('one that arrives many times at once is done once', async () => {
    const before = site.changes.length
    const signed = leader.sign('command', site.body())
    genuine.push(signed)
    const copies = Array.from({ length: 10 }, () => site.send(JSON.stringify(signed)))
    const replies = await Promise.all(copies)
    const told = replies.map((it) => (it.kind === 'refused' ? it.reason : it.kind)).toSorted()
    assert.deepEqual(told, ['done', ...Array.from({ length: 9 }, () => 'repeated')])
    assert.equal(site.changes.length, before + 1)
  })

  await t.test(
    'a new life of the agent believes no older leadership and no old command',
    async () => {
      const before = site.changes.length
      await site.restartAgent()
      const refused = async (text: string): Promise<string> => {
        const reply = await site.send(text)
        return reply.kind === 'refused' ? reply.reason : reply.kind
      }
      const oldEpoch = leader.sign('command', site.body({ epoch: EPOCH - 1 }))
      const second = leader.sign('command', site.body({ instance: InstanceId.parse('second') }))
      assert.equal(await refused(JSON.stringify(oldEpoch)), 'old-epoch')
      assert.equal(await refused(JSON.stringify(second)), 'second-instance')
      const stolen = site.fellow().sign('command', site.body())
      assert.equal(await refused(JSON.stringify(stolen)), 'second-instance')
      for (const signed of genuine)
        assert.equal(await refused(JSON.stringify(signed)), 'stale-nonce')
      assert.equal(site.changes.length, before)
      await site.restart(leader)
      assert.equal(site.changes.length, before + 1)
    },
  )

  await t.test('the next leader is obeyed, and the one before it no more', async () => {
    const next = { epoch: EPOCH + 1, instance: InstanceId.parse('next') }
    const before = site.changes.length
    await site.restart(leader, next)
    const late = await site.send(JSON.stringify(leader.sign('command', site.body())))
    assert.deepEqual(late.kind === 'refused' && late.reason, 'old-epoch')
    assert.equal(site.changes.length, before + 1)
  })

  await t.test('even a leader is told when it is too many', async () => {
    const before = site.changes.length
    const newest = { epoch: EPOCH + 1, instance: InstanceId.parse('next') }
    let refusal = ''
    for (let at = 0; at < 100 && refusal === ''; at++) {
      const ping = leader.sign('command', site.body({ ...newest, verb: 'ping' }))
      const reply = await site.send(JSON.stringify(ping))
      refusal = reply.kind === 'refused' ? reply.reason : ''
    }
    assert.equal(refusal, 'too-many')
    const restart = leader.sign('command', site.body(newest))
    const reply = await site.send(JSON.stringify(restart))
    assert.ok(reply.kind === 'refused' && reply.reason === 'too-many')
    assert.equal(site.changes.length, before)
  })
})

/** One agent on a real server, whoever may speak to it, and the changes that its engine was asked for. */
class Site implements AsyncDisposable {
  readonly changes: string[] = []
  outdatedNonces: readonly string[] = []
  readonly #nats: NatsRig
  readonly #directory: string
  readonly #made: AsyncDisposableStack
  readonly #raw: Awaited<ReturnType<typeof connectRaw>>
  #agent: AsyncDisposable | undefined
  #nonce = ''

  private constructor(
    nats: NatsRig,
    directory: string,
    raw: Awaited<ReturnType<typeof connectRaw>>,
    made: AsyncDisposableStack,
  ) {
    this.#nats = nats
    this.#directory = directory
    this.#raw = raw
    this.#made = made
  }

  static async start(): Promise<Site> {
    await using made = new AsyncDisposableStack()
    const directory = await mkdtemp(join(tmpdir(), 'roadstead-commands-'))
    made.defer(() => rm(directory, { recursive: true }))
    const users = [
      { role: 'agent', id: 'h1' },
      { role: 'master', id: 'm1' },
      { role: 'master', id: 'm2' },
    ] as const
    const nats = made.use(await NatsRig.start({ users }))
    const raw = made.use(await connectRaw(nats.user('master', 'm1'), inboxPrefixOf('master', 'm1')))
    const site = new Site(nats, directory, raw, made.move())
    await site.restartAgent()
    return site
  }

  leader(): { readonly sign: Sign } {
    return { sign: signWith(this.#nats.user('master', 'm1').seed) }
  }

  fellow(): { readonly sign: Sign } {
    return { sign: signWith(this.#nats.user('master', 'm2').seed) }
  }

  /** What a leader would sign now, with a new id. */
  body(other: Fields = {}): string {
    const command = { v: 1, id: hex(), site: 's1', host: 'h1', verb: 'restart', epoch: EPOCH }
    const bound = { instance: 'one', nonce: this.#nonce, container, graceMs: 0 }
    return JSON.stringify({ ...command, ...bound, ...other })
  }

  async send(text: string): Promise<CommandReply> {
    const client = this.#raw.client() ?? never()
    const subject = commandSubject(this.#nats.site, h1)
    const reply = await client.request(subject, text, { timeout: 10_000 })
    return CommandReply.parse(JSON.parse(reply.string()))
  }

  /** A restart as it should be; it has to be done. */
  async restart(by: { readonly sign: Sign }, other: Fields = {}): Promise<Signed> {
    const signed = by.sign('command', this.body(other))
    const { id } = Command.parse(JSON.parse(signed.body))
    const reply = await this.send(JSON.stringify(signed))
    assert.deepEqual(reply, { kind: 'done', id, result: { startedAt: STARTED_AT } })
    return signed
  }

  /** Ends the agent's life, if there is one, and begins the next on the same folder. */
  async restartAgent(): Promise<void> {
    await this.#agent?.[Symbol.asyncDispose]()
    await using made = new AsyncDisposableStack()
    const stateDir = made.use(await openStateDir(this.#directory))
    const user = { ...this.#nats.user('agent', 'h1'), id: h1 }
    const bus = made.use(connectAgentBus({ ...user, clock, random, log }))
    const nonces = new Nonces(hex)
    const first = nonces.recent
    for (let times = 0; times < 3; times++) nonces.rotate()
    this.outdatedNonces = first
    this.#nonce = nonces.recent.at(-1) ?? ''
    const masters = ['m1', 'm2'].map((id) => this.#nats.user('master', id).publicKey)
    const state = aState()
    state.seeContainer(aContainer(), cause, 0)
    const stop = new AbortController()
    const common = { bus, state, stateDir, nonces, clock, log, site: this.#nats.site, host: h1 }
    const obeying = obey(
      {
        ...common,
        actions: 'restart',
        verify: (signed) => verifySigned(signed, masters),
        snapshots: { ask: () => undefined },
        engine: {
          restart: async (id) => void this.changes.push(id),
          inspect: async () => ({ State: { StartedAt: STARTED_AT } }),
        },
      },
      stop.signal,
    )
    made.defer(async () => {
      stop.abort()
      await obeying
    })
    this.#agent = made.move()
    await this.#untilServed()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent?.[Symbol.asyncDispose]()
    await this.#made.disposeAsync()
  }

  async #untilServed(): Promise<void> {
    await eventually('the agent listens', () => this.send('?'), { withinMs: 15_000 })
  }
}

async function inParallel(count: number, work: (at: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

function never(): never {
  throw new Error('there is none')
}
