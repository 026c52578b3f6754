import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import Docker from 'dockerode'
import { createKey, SEED_FILE, writeIdentity } from '@roadstead/bus/identity.ts'
import { connectMasterBus } from '@roadstead/bus/nats/master-bus.ts'
import { signWith } from '@roadstead/bus/nkey.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { HostId, MasterId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import type { Heartbeat } from '@roadstead/shared/protocol/heartbeat.ts'
import type { EventEnvelope, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import { DEMO_IMAGE, startSimulatedEngine } from '@roadstead/simulator/engine.ts'
import { eventually } from '../rig/eventually.ts'
import { NatsRig } from '../rig/nats.ts'

/** The agent as a process, on a real nats-server, as a master hears it. */

const SOON = { withinMs: 10_000 }
const AGENT = new URL('../../packages/agent/src/main.ts', import.meta.url).pathname
const host = HostId.parse('h1')
const ENDS_WITHIN_MS = 400

async function federation() {
  await using made = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-agent-'))
  made.defer(() => rm(directory, { recursive: true }))
  const socketPath = join(directory, 'docker.sock')
  made.use(await startSimulatedEngine({ clock, socketPath }))
  const users = [{ role: 'agent', id: 'h1' } as const, { role: 'master', id: 'm1' } as const]
  const nats = made.use(await NatsRig.start({ users }))
  const master = nats.user('master', 'm1')
  await enroll(directory, nats)

  const stop = new AbortController()
  const bus = made.use(
    connectMasterBus({ ...master, id: MasterId.parse('m1'), clock, random, log }),
  )
  const heard = {
    snapshots: [] as Snapshot[],
    events: [] as EventEnvelope[],
    beats: [] as Heartbeat[],
  }
  made.use(bus.onHeartbeat((_, beat) => heard.beats.push(beat)))
  const hearing = [
    collect(bus.followSnapshots(stop.signal), heard.snapshots),
    collect(bus.followEvents(1, stop.signal), heard.events),
  ]
  made.defer(async () => void (await Promise.all(hearing)))
  made.defer(() => stop.abort())
  const agent = start(directory, socketPath)
  made.defer(async () => void (await end(agent, 'SIGKILL')))
  const all = made.move()
  return {
    heard,
    nats,
    bus,
    agent,
    docker: new Docker({ socketPath }),
    sign: signWith(master.seed),
    startAnother: () => start(directory, socketPath),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

test('an agent tells, obeys, outlives its bus, and takes its leave', async (t) => {
  await using f = await federation()
  const { heard, bus, docker } = f

  await t.test('it begins with a snapshot and a heartbeat', async () => {
    await eventually('a snapshot', () => heard.snapshots.length > 0, SOON)
    await eventually('a heartbeat', () => heard.beats.length > 0, SOON)
    assert.equal(heard.snapshots[0]?.stamp.boot, 1)
  })

  await t.test('a container that starts is told, with the port that answers', async () => {
    await run(docker, 'shop')
    await eventually('accepting', () => heard.events.some(isAccepting('shop')), SOON)
  })

  await t.test('it obeys its leader, once, and nobody else', async () => {
    const nonce = (): string => heard.beats.at(-1)?.nonce ?? ''
    const command = { v: 1, id: randomBytes(16).toString('hex'), site: f.nats.site, host }
    const body = JSON.stringify({
      ...command,
      verb: 'resync',
      instance: 'one',
      epoch: 3,
      nonce: nonce(),
    })
    const ask = (sign: typeof f.sign) => bus.command(host, sign('command', body), 2_000)
    const before = heard.snapshots.length
    assert.equal((await ask(f.sign)).kind, 'done')
    await eventually('another snapshot', () => heard.snapshots.length > before, SOON)
    assert.deepEqual(await ask(f.sign), { kind: 'refused', id: command.id, reason: 'repeated' })
    const stranger = await ask(signWith(createKey().seed))
    assert.ok(stranger.kind === 'refused' && stranger.reason === 'unknown-signer')
  })

  await t.test('what happens without a bus comes after a snapshot, as history', async () => {
    const [server] = f.nats.servers
    assert.ok(server !== undefined)
    await server.kill('SIGKILL')
    await run(docker, 'meanwhile')
    await docker.getContainer('shop').remove({ force: true })
    const before = heard.snapshots.length
    await server.start()
    const isWhole = (it: Snapshot): boolean =>
      it.containers.map(({ name }) => name).join() === 'meanwhile'
    await eventually('a snapshot', () => heard.snapshots.slice(before).some(isWhole), SOON)
    const isHistory = (it: EventEnvelope): boolean =>
      it.replay === true && it.data.kind === 'container-gone' && it.data.name === 'shop'
    await eventually('history', () => heard.events.some(isHistory), SOON)
  })

  await t.test('a second agent on the same directory does not start', async () => {
    const second = f.startAnother()
    const [code] = await once(second, 'exit')
    assert.notEqual(code, 0)
  })

  await t.test('told to stop it says so, and ends well', async () => {
    const askedAt = clock.monoMs()
    assert.equal(await end(f.agent, 'SIGTERM'), 0)
    // It takes 20 ms, and this machine may be busy; what a timer left behind costs is half a second.
    const tookMs = clock.monoMs() - askedAt
    assert.ok(tookMs < ENDS_WITHIN_MS, `took ${tookMs} ms`)
    await eventually('its last word', () => heard.beats.at(-1)?.stopping === true, SOON)
  })
})

test('told to stop while NATS takes connections and says nothing, it ends all the same', async () => {
  await using made = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-agent-'))
  made.defer(() => rm(directory, { recursive: true }))
  const dialled = Promise.withResolvers<void>()
  const open = new Set<Socket>()
  const mute = createServer((socket) => {
    open.add(socket)
    dialled.resolve()
  }).listen(0, '127.0.0.1')
  made.defer(() => void mute.close())
  made.defer(() => open.forEach((socket) => socket.destroy()))
  await once(mute, 'listening')
  const address = mute.address()
  assert.ok(typeof address === 'object' && address !== null)
  const { seed, publicKey } = createKey()
  const about = { role: 'agent', id: host, name: 'h1', site: SiteId.parse('s1') } as const
  const natsUrl = `nats://127.0.0.1:${address.port}`
  await writeFile(join(directory, SEED_FILE), seed, { mode: 0o600 })
  await writeIdentity(directory, { v: 1, ...about, natsUrl, publicKey, masters: [publicKey] })
  const agent = start(directory, join(directory, 'no-engine.sock'))
  made.defer(async () => void (await end(agent, 'SIGKILL')))
  await dialled.promise
  const askedAt = clock.monoMs()
  assert.equal(await end(agent, 'SIGTERM'), 0)
  const tookMs = clock.monoMs() - askedAt
  assert.ok(tookMs < ENDS_WITHIN_MS, `took ${tookMs} ms`)
})

async function enroll(directory: string, nats: NatsRig): Promise<void> {
  const { seed, publicKey, natsUrl, site } = nats.user('agent', 'h1')
  const identity = { v: 1, role: 'agent', id: host, name: 'h1', site, natsUrl, publicKey } as const
  await writeFile(join(directory, SEED_FILE), seed, { mode: 0o600 })
  await writeIdentity(directory, { ...identity, masters: [nats.user('master', 'm1').publicKey] })
}

function start(directory: string, socketPath: string): ChildProcess {
  const env = { ROADSTEAD_STATE_DIR: directory, DOCKER_HOST: `unix://${socketPath}` }
  return spawn(process.execPath, [AGENT], { env: { ...process.env, ...env }, stdio: 'ignore' })
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
  return child.exitCode
}

async function collect<Message>(
  deliveries: AsyncIterable<{ kind: string; value?: Message }>,
  into: Message[],
): Promise<void> {
  for await (const { value } of deliveries) if (value !== undefined) into.push(value)
}

async function run(docker: Docker, name: string): Promise<void> {
  const Labels = { 'roadstead.host': `${name}.test` }
  const container = await docker.createContainer({ name, Image: DEMO_IMAGE, Labels })
  await container.start()
}

function isAccepting(name: string): (event: EventEnvelope) => boolean {
  return ({ data }) =>
    data.kind === 'container-seen' &&
    data.container.name === name &&
    data.container.accepting.includes(8_080)
}
