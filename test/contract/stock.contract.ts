import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import type { EventJson } from '@roadstead/agent/core/engine-json.ts'
import { parseEvent } from '@roadstead/agent/core/event-text.ts'
import { toImage, toImageContent, toVolume } from '@roadstead/agent/core/stock/to-stock.ts'
import { DockerEngine } from '@roadstead/agent/io/engine.ts'
import { wayToSocket } from '@roadstead/agent/io/engine-way.ts'
import { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import type { Image } from '@roadstead/shared/protocol/stock.ts'
import { eventually } from '../rig/eventually.ts'
import { tarOf } from '../rig/image/tar.ts'
import type { Subject } from './engine.contract.ts'

const SOON = { withinMs: 10_000 }
const never = new AbortController().signal

/** What the agent relies on about images and volumes, of a real engine and of the simulated one. */
export function stockContract(name: string, open: () => Promise<Subject>): void {
  test(`${name} tells its images and volumes`, async (t) => {
    await using subject = await open()
    const { docker } = subject
    using engine = new DockerEngine(wayToSocket(subject.socketPath), () => 0)
    await engine.negotiate(never)

    await t.test('an image has names, and layers that are as large as it is', async () => {
      await bringIn(subject, 'stock/one', 10_000)
      const image = await imageOf(engine, 'stock/one:1')
      assert.deepEqual([image?.tags, image?.digests], [['stock/one:1'], []])
      assert.equal(image?.platform.split('/')[0], 'linux')
      assert.equal(image?.layers.length, 1)
      assert.ok((image?.bytes ?? 0) >= 10_000)
      assert.deepEqual(image?.layerBytes, [image?.bytes])
      assert.ok(Math.abs(Date.parse(image?.createdAt ?? '') - Date.now()) < 60_000)
      assert.equal(await engine.imageContent(`sha256:${'0'.repeat(64)}`, never), undefined)
      assert.equal(await engine.imageHistory(`sha256:${'0'.repeat(64)}`, never), undefined)
    })

    await t.test('names come and go, and the image goes with its last one', async () => {
      await using events = await heard(engine)
      await bringIn(subject, 'stock/two', 20_000)
      await docker.getImage('stock/two:1').tag({ repo: 'stock/two', tag: 'other' })
      const both = await imageOf(engine, 'stock/two:1')
      assert.deepEqual(both?.tags, ['stock/two:1', 'stock/two:other'])
      await docker.getImage('stock/two:1').remove()
      assert.deepEqual((await imageOf(engine, 'stock/two:other'))?.tags, ['stock/two:other'])
      await docker.getImage('stock/two:other').remove()
      assert.equal(await imageOf(engine, 'stock/two:other'), undefined)
      const told = await events.until((it) => it.Type === 'image' && it.Action === 'delete')
      const actions = told.map(({ Action }) => Action)
      // One engine tells the name that an import gives, another one does not.
      assert.deepEqual([...new Set(actions)].sort(), ['delete', 'import', 'tag', 'untag'])
    })

    await t.test('a name that another image takes leaves the first without one', async () => {
      await bringIn(subject, 'stock/three', 30_000)
      const before = await imageOf(engine, 'stock/three:1')
      await bringIn(subject, 'stock/three', 31_000)
      const after = await imageOf(engine, 'stock/three:1')
      assert.notEqual(after?.id, before?.id)
      const bare = (await imagesOf(engine)).find(({ id }) => id === before?.id)
      assert.deepEqual([bare?.tags, bare?.digests], [[], []])
    })

    await t.test('what a container runs from is the image by its id', async () => {
      const container = await docker.createContainer({ Image: subject.image })
      const inspect = await engine.inspect(ContainerId.parse(container.id), never)
      assert.equal(inspect?.Image, (await imageOf(engine, subject.image))?.id)
      const removed = docker.getImage(subject.image).remove()
      await assert.rejects(removed, { statusCode: 409 })
      await container.remove()
    })

    await t.test('a volume comes, is mounted, and goes', async () => {
      await using events = await heard(engine)
      await docker.createVolume({ Name: 'stock-data', Labels: { of: 'contract' } })
      const volume = (await engine.volumes(never)).find(({ Name }) => Name === 'stock-data')
      assert.ok(volume !== undefined)
      const { createdAt, mountpoint, ...rest } = toVolume(volume) ?? {}
      const expected = { name: 'stock-data', driver: 'local', scope: 'local' }
      assert.deepEqual(rest, { ...expected, labels: { of: 'contract' } })
      assert.ok(mountpoint?.endsWith('/stock-data/_data') && createdAt !== '')

      const Mounts = [{ Type: 'volume' as const, Source: 'stock-data', Target: '/data' }]
      const container = await docker.createContainer({
        Image: subject.image,
        HostConfig: { Mounts },
      })
      const inspect = await engine.inspect(ContainerId.parse(container.id), never)
      const [mount] = inspect?.Mounts ?? []
      assert.deepEqual(
        [mount?.Type, mount?.Name, mount?.Destination],
        ['volume', 'stock-data', '/data'],
      )
      await assert.rejects(docker.getVolume('stock-data').remove(), { statusCode: 409 })
      await container.remove()
      await docker.getVolume('stock-data').remove()
      const told = await events.until((it) => it.Type === 'volume' && it.Action === 'destroy')
      const about = told.filter(({ Type }) => Type === 'volume')
      // A real engine tells it once more for the container.
      const lives = new Set(about.map(({ Action, Actor }) => `${Action} ${Actor.ID}`))
      assert.deepEqual([...lives], ['create stock-data', 'destroy stock-data'])
    })
  })
}

/** One image more, whose only file has so many bytes. */
async function bringIn({ docker }: Subject, repo: string, bytes: number): Promise<void> {
  const content = Buffer.alloc(bytes, 'x')
  const archive = tarOf([{ path: 'file', content, mode: 0o644 }])
  const stream = await docker.importImage(Readable.from([archive]), { repo, tag: '1' })
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()))
  })
}

async function imagesOf(engine: DockerEngine): Promise<Image[]> {
  const listed = await engine.images(never)
  const images = listed.map(async (it) => {
    const content = await engine.imageContent(it.Id, never)
    const history = await engine.imageHistory(it.Id, never)
    assert.ok(content !== undefined && history !== undefined)
    return toImage(it, toImageContent(content, history)) ?? []
  })
  return (await Promise.all(images)).flat()
}

async function imageOf(engine: DockerEngine, tag: string): Promise<Image | undefined> {
  return (await imagesOf(engine)).find(({ tags }) => tags.includes(tag))
}

/** What the engine tells an agent from now on. */
async function heard(engine: DockerEngine) {
  const end = new AbortController()
  const lines = await engine.events(`${Date.now()}000000`, end.signal)
  const seen: EventJson[] = []
  return {
    until: (isLast: (event: EventJson) => boolean): Promise<readonly EventJson[]> =>
      eventually(
        'all was told',
        () => {
          for (const { text } of lines.drain().lines) seen.push(...[parseEvent(text) ?? []].flat())
          return seen.some(isLast) ? seen : undefined
        },
        SOON,
      ),
    [Symbol.asyncDispose]: async () => end.abort(),
  }
}
