/**
 * Images and volumes of two hosts, as a person asks for them. Real: two Docker Engines with their
 * agents, nats-server, two masters, an edge.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ImageDetail, ImageList, VolumeList } from '@roadstead/shared/protocol/http-stock.ts'
import { EventView } from '@roadstead/shared/protocol/http-events.ts'
import { listOf } from '@roadstead/shared/protocol/http.ts'
import { eventually } from '../rig/eventually.ts'
import { answeredBy } from '../rig/expect.ts'
import { Rig } from '../rig/rig.ts'

const SOON = { withinMs: 20_000 }
const routed = { labels: { 'roadstead.host': 'shop.example.com' } }

test('images and volumes of all hosts are one picture, and it follows the engines', async (t) => {
  await using rig = await Rig.start(t, { hosts: ['alpha', 'beta'], masters: 2 })
  const { api } = (await rig.leader()).leader
  const [alpha, beta] = [rig.host('alpha').engine, rig.host('beta').engine]
  const images = (query = ''): Promise<ImageList> => api.get(`/api/v1/images?${query}`, ImageList)
  const volumes = (query = ''): Promise<VolumeList> =>
    api.get(`/api/v1/volumes?${query}`, VolumeList)
  const tags = async (query: string): Promise<string[]> =>
    (await images(query)).items.flatMap((it) => it.tags)
  const plain = (await alpha.api.listImages())[0]?.RepoTags?.[0] ?? ''

  await rig.step('what was there before the agents is known, and in use', async () => {
    await alpha.run('web', routed)
    await eventually('both lists are whole', async () => isWhole(await images(), 2), SOON)
    await eventually(
      'no volume is a whole list, too',
      async () => isWhole(await volumes(), 2),
      SOON,
    )
    const found = await eventually(
      'its container is with it',
      async () => {
        const image = await api.get(`/api/v1/images/${plain}?host=alpha`, ImageDetail)
        return image.containers.length === 1 ? image : undefined
      },
      SOON,
    )
    const [user] = found.containers
    assert.deepEqual([user?.path, user?.tag], ['alpha/web', 'same'])
    assert.equal(found.layerList.length, 1)
    assert.equal(found.layerList[0]?.bytes, found.bytes)
  })

  await rig.step('an image that is carried to another host is one image on two', async () => {
    const made = await alpha.container('web').commit({ repo: 'shop', tag: '2' })
    assert.ok(made !== undefined)
    await beta.api.loadImage(await alpha.api.getImage('shop:2').get())
    await eventually(
      'it is on both',
      async () => {
        const shop = await api.get('/api/v1/images/shop:2', ImageDetail)
        assert.equal(shop.hosts.length, 2)
        assert.equal(shop.disputed, false)
        assert.equal(shop.unused, true)
        // It stands on a layer that another image has on each of both.
        for (const { ownBytes = shop.bytes } of shop.hosts) assert.ok(ownBytes < shop.bytes)
        assert.deepEqual(
          shop.layerList.map((layer) => layer.images),
          [3, ...shop.layerList.slice(1).map(() => 1)],
        )
        return true
      },
      SOON,
    )
  })

  await rig.step('a container of a name that has moved is outdated', async () => {
    await alpha.api.getImage(plain).tag({ repo: 'site', tag: 'stable' })
    const options = { Image: 'site:stable', name: 'old' }
    await alpha.api.createContainer(options)
    await alpha.api.getImage('shop:2').tag({ repo: 'site', tag: 'stable' })
    const outdated = await eventually(
      'it is said',
      async () => {
        const { items } = await images('outdated=true')
        return items.length === 1 ? items[0] : undefined
      },
      SOON,
    )
    const user = outdated.containers.find(({ path }) => path === 'alpha/old')
    assert.deepEqual([user?.reference, user?.tag], ['site:stable', 'moved'])
    assert.equal(user?.now, (await api.get('/api/v1/images/shop:2', ImageDetail)).id)
    await alpha.remove('old')
    await eventually('nobody is', async () => (await tags('outdated=true')).length === 0, SOON)
  })

  await rig.step('an image without its names and without a container can go', async () => {
    await beta.api.getImage('shop:2').tag({ repo: 'other', tag: '1' })
    await beta.api.getImage('shop:2').remove()
    // Two deeds, of which a look in between sees the first alone.
    await eventually(
      'one name',
      async () => {
        const left = await tags('host=beta&unused=true')
        return left.includes('other:1') && !left.includes('shop:2')
      },
      SOON,
    )
    assert.ok(!(await tags('host=beta')).includes('shop:2'))
    await beta.api.getImage('other:1').remove()
    await eventually('it went', async () => !(await tags('host=beta')).includes('other:1'), SOON)
    assert.ok((await tags('host=alpha')).includes('shop:2'))
  })

  await rig.step('a volume is known with who mounts it', async () => {
    await alpha.api.createVolume({ Name: 'data' })
    const Mounts = [{ Type: 'volume' as const, Source: 'data', Target: '/data' }]
    const keeper = { Image: plain, name: 'keeper', HostConfig: { Mounts } }
    await alpha.api.createContainer(keeper)
    await eventually(
      'it is mounted',
      async () => {
        const [data] = (await volumes('host=alpha')).items
        return data?.name === 'data' && data.containers[0]?.path === 'alpha/keeper'
      },
      SOON,
    )
    assert.equal((await volumes('unused=true')).total, 0)
    await alpha.remove('keeper')
    await eventually('nobody has it', async () => (await volumes('unused=true')).total === 1, SOON)
  })

  await rig.step('the change log says what came and went, and by what', async () => {
    await eventually(
      'it is written',
      async () => {
        const query = `since=${new Date(Date.now() - 600_000).toISOString()}&kind=image,volume`
        const list = await api.get(`/api/v1/events?${query}`, listOf(EventView))
        const lines = list.items.map(({ cause, subject, what }) => `${what} ${subject} ${cause}`)
        for (const line of [
          /^volume found data engine: create$/,
          /^image found shop:2 engine: (?:tag|load)$/,
          /^image gone/,
        ]) {
          assert.ok(
            lines.some((it) => line.test(it)),
            `no ${line.source} in\n${lines.join('\n')}`,
          )
        }
        return true
      },
      SOON,
    )
  })

  await rig.step(
    'an engine that is away loses nothing, and what it did meanwhile is seen',
    async () => {
      await alpha.kill()
      assert.ok((await tags('host=alpha')).includes('shop:2'))
      assert.equal((await volumes('host=alpha')).total, 1)
      await alpha.restart()
      await alpha.api.getVolume('data').remove()
      await alpha.api.getImage('shop:2').remove()
      await eventually('the volume is gone', async () => (await volumes()).total === 0, SOON)
      await eventually(
        'so is the name',
        async () => !(await tags('host=alpha')).includes('shop:2'),
        SOON,
      )
      await answeredBy(rig, 'shop.example.com', 'web')
    },
  )

  await rig.step('a master that starts anew has all of it', async () => {
    const before = await images()
    const { leader } = await rig.leader()
    await leader.process.kill()
    await leader.process.restart()
    const after = await eventually(
      'it answers with all hosts',
      async () => {
        const list = await leader.api.get('/api/v1/images', ImageList)
        return isWhole(list, 2) && list.items.every(({ hosts }) => hosts.length > 0)
          ? list
          : undefined
      },
      SOON,
    )
    assert.deepEqual(
      after.items.map(({ id }) => id),
      before.items.map(({ id }) => id),
    )
  })
})

function isWhole(
  { hosts }: { readonly hosts: readonly { readonly complete: boolean }[] },
  count: number,
): boolean {
  return hosts.length === count && hosts.every(({ complete }) => complete)
}
