import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type IncomingMessage, request } from 'node:http'
import { json, text } from 'node:stream/consumers'
import { test } from 'node:test'
import type Docker from 'dockerode'
import { z } from 'zod'
import type { EventJson } from '@roadstead/agent/core/engine-json.ts'
import { parseEvent } from '@roadstead/agent/core/event-text.ts'
import { toContainer } from '@roadstead/agent/core/to-container.ts'
import { DockerEngine } from '@roadstead/agent/io/engine.ts'
import { wayToSocket } from '@roadstead/agent/io/engine-way.ts'
import { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { eventually } from '../rig/eventually.ts'

/** An engine under test, with an image that exposes `80/tcp` and carries the label `from=image`. */
export interface Subject extends AsyncDisposable {
  readonly docker: Docker
  readonly socketPath: string
  readonly image: string
}

const SOON = { withinMs: 10_000 }

/**
 * What the agent relies on in an engine. It runs against a real one and against the simulated one, so
 * that what is tested on the simulation holds for Docker.
 */
export function engineContract(name: string, open: () => Promise<Subject>): void {
  test(`${name} answers what an agent asks`, async (t) => {
    await using subject = await open()
    using engine = new DockerEngine(wayToSocket(subject.socketPath), () => 0)
    const never = new AbortController().signal
    const version = await engine.negotiate(never)
    const look = lookAt(subject, engine)

    await t.test('it says who it is', async () => {
      await engine.ping(never)
      const info = await engine.info(never)
      assert.notEqual(info.ID, '')
      assert.notEqual(info.Name, '')
      assert.match(version.spoken, /^1\.\d+$/)
    })

    await t.test('what does not exist is an answer and not an error', async () => {
      const id = ContainerId.parse('0'.repeat(64))
      assert.equal(await engine.inspect(id, never), undefined)
      assert.equal(await engine.image(`sha256:${'0'.repeat(64)}`, never), undefined)
    })

    await t.test('networks have names, drivers and subnets', async () => {
      const networks = await engine.networks(never)
      const byName = new Map(networks.map((it) => [it.Name, it]))
      assert.equal(byName.get('bridge')?.Driver, 'bridge')
      assert.equal(byName.get('bridge')?.IPAM?.Config.length, 1)
      assert.equal(byName.get('host')?.Driver, 'host')
    })

    await t.test('a container looks the same, whoever runs it', async () => {
      await using box = await make(subject, 'alike', {
        Labels: { 'roadstead.host': 'a.test', from: 'image' },
        Env: ['SECRET=x', 'VIRTUAL_HOST=b.test'],
        StopTimeout: 3,
      })
      assert.deepEqual(masked(await look(box.id)), { ...expected(subject.image), state: 'created' })
      await box.docker.start()
      const running = await look(box.id)
      assert.deepEqual(masked(running), { ...expected(subject.image), state: 'running' })
      assert.match(running.attachments[0]?.address ?? '', /^\d+\.\d+\.\d+\.\d+$/)
      assert.ok(Date.parse(running.startedAt ?? '') > 0)
    })

    await t.test('a published port is known while it runs, and where', async () => {
      const PortBindings = { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] }
      await using box = await make(subject, 'published', { HostConfig: { PortBindings } })
      assert.deepEqual((await look(box.id)).ports[0]?.published, [])
      await box.docker.start()
      const [port] = (await look(box.id)).ports
      assert.equal(port?.published[0]?.address, '127.0.0.1')
      assert.ok((port?.published[0]?.port ?? 0) > 0)
    })

    await t.test('a life is told in this order', async () => {
      await using events = await listen(engine, '0')
      const box = await make(subject, 'lived', {})
      await box.docker.start()
      await box.docker.pause()
      await box.docker.unpause()
      await box.docker.rename({ name: 'lived-on' })
      await box.docker.kill({ signal: 'SIGTERM' }).catch(() => undefined)
      await eventually('it ended', async () => (await look(box.id)).state === 'exited', SOON)
      await box.docker.remove()
      const about = await events.until(box.id, 'destroy')
      const lived = 'create connect start pause unpause rename die disconnect destroy'
      // A real engine that is busy may tell a pause twice.
      assert.equal([...new Set(lifeIn(about).split(' '))].join(' '), lived)
      const kill = about.find((it) => it.Action === 'kill')
      assert.equal(kill?.Actor.Attributes['signal'], '15')
      const nanos = about.map((it) => BigInt(it.timeNano))
      assert.ok(nanos.every((nano, index) => index === 0 || nano > (nanos[index - 1] ?? 0n)))
    })

    await t.test('a restart kills, dies and starts', async () => {
      await using box = await make(subject, 'restarted', {})
      await box.docker.start()
      const before = await look(box.id)
      await using events = await listen(engine, '0')
      await box.docker.restart({ t: 1 })
      const told = (await events.until(box.id, 'start', 2)).map((it) => it.Action)
      const quiet = told.filter((it) => it !== 'kill')
      const life = ['connect', 'start']
      assert.deepEqual(quiet, ['create', ...life, 'die', 'disconnect', ...life])
      assert.ok(told.includes('kill'))
      assert.notEqual((await look(box.id)).startedAt, before.startedAt)
    })

    await t.test('a stop and a restart are told whole, and in this order', async () => {
      await using box = await make(subject, 'stopped', {})
      await box.docker.start()
      await box.docker.stop({ t: 5 })
      await box.docker.restart({ t: 5 })
      await box.docker.restart({ t: 5 })
      const told = await eventsOf(subject, box.id)
      const up = 'connect start'
      const down = 'die disconnect stop'
      assert.equal(lifeIn(told), `create ${up} ${down} ${up} restart ${down} ${up} restart`)
      assert.ok(told.some((it) => it.Action === 'kill'))
    })

    await t.test('a removal by force kills, and the stop signal is its own', async () => {
      const box = await make(subject, 'forced', { StopSignal: 'SIGINT', StopTimeout: 1 })
      await box.docker.start()
      await box.docker.stop()
      const stopped = await eventsOf(subject, box.id)
      assert.equal(stopped.find((it) => it.Action === 'kill')?.Actor.Attributes['signal'], '2')
      await box.docker.start()
      await box.docker.remove({ force: true })
      const removed = (await eventsOf(subject, box.id)).slice(stopped.length)
      assert.equal(lifeIn(removed), 'connect start die disconnect destroy')
      const kill = removed.find((it) => it.Action === 'kill')
      assert.equal(kill?.Actor.Attributes['signal'], '9')
    })

    await t.test('a kill is answered when it is sent, and a program may ignore it', async () => {
      await using box = await make(subject, 'killed', {})
      await box.docker.start()
      await box.docker.kill({ signal: 'SIGWINCH' })
      assert.equal((await look(box.id)).state, 'running')
      await box.docker.kill({ signal: 'SIGKILL' })
      assert.equal((await look(box.id)).state, 'exited')
      assert.equal((await look(box.id)).exitCode, 137)
    })

    await t.test('whoever waits is told at once that he does, and then the exit code', async () => {
      const box = await make(subject, 'awaited', {})
      assert.equal(await exitCode(await waiting(subject, box.id, 'not-running')), 0)
      await box.docker.start()
      const ends = await waiting(subject, box.id, 'not-running')
      const exits = await waiting(subject, box.id, 'next-exit')
      const goes = await waiting(subject, box.id, 'removed')
      await box.docker.kill({ signal: 'SIGKILL' })
      assert.deepEqual([await exitCode(ends), await exitCode(exits)], [137, 137])
      await box.docker.remove()
      assert.equal(await exitCode(goes), 137)
    })

    await t.test('what cannot be done is refused, and what is done already is said', async () => {
      await using box = await make(subject, 'refused', {})
      assert.equal(await statusOf(box.docker.stop()), 304)
      assert.equal(await statusOf(box.docker.kill()), 409)
      assert.equal(await statusOf(box.docker.pause()), 409)
      await box.docker.start()
      assert.equal(await statusOf(box.docker.start()), 304)
      assert.equal(await statusOf(box.docker.remove()), 409)
      assert.equal(await statusOf(box.docker.unpause()), 500)
      const unknown = subject.docker.getContainer('nobody')
      assert.equal(await statusOf(unknown.start()), 404)
      assert.equal(await statusOf(unknown.stop()), 404)
      assert.equal(await statusOf(unknown.kill()), 404)
      assert.equal(await statusOf(unknown.restart()), 404)
      assert.equal(await statusOf(unknown.wait()), 404)
      assert.equal(await statusOf(unknown.remove({ force: true })), 404)
    })

    await t.test('health begins as starting and is told when it changes', async () => {
      await using events = await listen(engine, '0')
      await using box = await make(subject, 'checked', {
        Healthcheck: {
          Test: ['CMD', 'test', '-n', 'x'],
          Interval: 100_000_000,
          Timeout: 5_000_000_000,
        },
      })
      await box.docker.start()
      assert.equal((await look(box.id)).health, 'starting')
      const about = await events.until(box.id, 'health_status: healthy')
      assert.ok(about.length > 0)
      assert.equal((await look(box.id)).health, 'healthy')
    })

    await t.test('a network is joined and left', async () => {
      const network = await subject.docker.createNetwork({ Name: 'contract-net' })
      await using box = await make(subject, 'joined', {})
      await box.docker.start()
      const names = async (): Promise<string[]> =>
        (await look(box.id)).attachments.map((it) => it.network)
      await network.connect({ Container: box.id })
      assert.deepEqual(await names(), ['bridge', 'contract-net'])
      await network.disconnect({ Container: box.id })
      assert.deepEqual(await names(), ['bridge'])
      await network.remove()
    })

    await t.test('events of the past come first, from the very nanosecond on', async () => {
      await using box = await make(subject, 'past', {})
      await using all = await listen(engine, '0')
      const [created] = await all.until(box.id, 'create')
      assert.ok(created !== undefined)
      await using exact = await listen(engine, created.timeNano)
      assert.equal((await exact.until(box.id, 'create')).length, 1)
      await using later = await listen(engine, String(BigInt(created.timeNano) + 1n))
      await box.docker.rename({ name: 'past-on' })
      const told = (await later.until(box.id, 'rename')).map((it) => it.Action)
      assert.deepEqual(told, ['rename'])
    })
  })
}

function lookAt(subject: Subject, engine: DockerEngine): (id: string) => Promise<Container> {
  const never = new AbortController().signal
  return async (id) => {
    const inspect = await engine.inspect(ContainerId.parse(id), never)
    assert.ok(inspect !== undefined, `${id} is on ${subject.socketPath}`)
    return toContainer(inspect, await engine.image(inspect.Image, never), shortHash)
  }
}

/** Without `kill`: a real engine tells it after the signal is sent, and a quick death comes before. */
function lifeIn(events: readonly EventJson[]): string {
  const told = events.map((it) => it.Action)
  return told.filter((it) => it !== 'kill').join(' ')
}

/** Everything that the engine told about a container, not only what the agent asks for. */
async function eventsOf({ docker }: Subject, id: string): Promise<EventJson[]> {
  const filters = JSON.stringify({ type: ['container', 'network'] })
  const stream = await docker.getEvents({ since: 0, until: Date.now() / 1_000 + 0.001, filters })
  const lines = (await text(stream)).split('\n')
  const events = lines.flatMap((line) => parseEvent(line) ?? [])
  return events.filter((it) => it.Actor.ID === id || it.Actor.Attributes['container'] === id)
}

/** Resolves with the beginning of the answer, which a client takes for "I am waiting now". */
async function waiting(
  { socketPath }: Subject,
  id: string,
  condition: string,
): Promise<IncomingMessage> {
  const path = `/containers/${id}/wait?condition=${condition}`
  const asking = request({ socketPath, path, method: 'POST' }).end()
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  asking.once('response', resolve).once('error', reject)
  return promise
}

async function exitCode(answer: IncomingMessage): Promise<number> {
  return Exit.parse(await json(answer)).StatusCode
}

const Exit = z.object({ StatusCode: z.int() })

async function statusOf(asked: Promise<unknown>): Promise<number> {
  try {
    await asked
    return 200
  } catch (error) {
    return Number(Reflect.get(Object(error), 'statusCode'))
  }
}

async function make(subject: Subject, name: string, more: Docker.ContainerCreateOptions) {
  const options = { name, Image: subject.image, ...more }
  const docker = await subject.docker.createContainer(options)
  const remove = (): Promise<unknown> => docker.remove({ force: true }).catch(() => undefined)
  return { id: docker.id, docker, [Symbol.asyncDispose]: async () => void (await remove()) }
}

async function listen(engine: DockerEngine, sinceNano: string) {
  const end = new AbortController()
  const lines = await engine.events(sinceNano, end.signal)
  const seen: EventJson[] = []
  const about = (id: string): EventJson[] =>
    seen.filter((it) => it.Actor.ID === id || it.Actor.Attributes['container'] === id)
  return {
    /** Everything about a container, once it came to this so many times. */
    until: (id: string, action: string, times = 1): Promise<EventJson[]> =>
      eventually(
        `${action} of ${id}`,
        () => {
          for (const { text } of lines.drain().lines) {
            const event = parseEvent(text)
            if (event !== undefined) seen.push(event)
          }
          const told = about(id)
          return told.filter((it) => it.Action === action).length >= times ? told : undefined
        },
        SOON,
      ),
    [Symbol.asyncDispose]: async () => end.abort(),
  }
}

/** What differs from engine to engine, taken out; values of variables are not in it at all. */
function masked(container: Container): Record<string, unknown> {
  const { id, startedAt, finishedAt, createdAt, environmentNames, environmentHash, ...rest } =
    container
  assert.deepEqual([id.length, environmentHash.length], [64, 16])
  assert.ok(environmentNames.includes('SECRET'))
  assert.ok(createdAt !== '' && finishedAt === undefined && startedAt !== '')
  const attachments = rest.attachments.map((it) => ({ network: it.network }))
  return { ...rest, image: { ...rest.image, id: '', digests: [] }, attachments }
}

function expected(image: string): Record<string, unknown> {
  return {
    name: 'alike',
    image: { reference: image, id: '', digests: [] },
    labels: { 'roadstead.host': 'a.test' },
    inheritedLabels: { from: 'image' },
    health: 'none',
    stopping: false,
    exitCode: 0,
    restartCount: 0,
    networkMode: 'default',
    attachments: [{ network: 'bridge' }],
    ports: [{ port: 80, protocol: 'tcp', exposed: true, published: [] }],
    accepting: [],
    mounts: [],
    restartPolicy: 'no',
    stopSignal: 'SIGTERM',
    stopGraceMs: 3_000,
    routingEnvironment: { VIRTUAL_HOST: 'b.test' },
  }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
