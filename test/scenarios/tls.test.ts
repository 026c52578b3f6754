/**
 * TLS at the edges: certificates of a folder and of the masters, names as labels ask for them. Real: a
 * Docker Engine with its agent, nats-server, a master, and two edges with their nginx, one of each
 * tier; every step asks both.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../rig/eventually.ts'
import { nginxOf } from '../rig/nginx-processes.ts'
import { type Edge, edgeListens, visitOf } from '../rig/parts.ts'
import { type EdgeTier, Rig } from '../rig/rig.ts'
import { TlsVisits } from '../rig/tls-visits.ts'
import { visitOnce } from '../rig/visitor.ts'

const TIERS: readonly EdgeTier[] = ['live', 'reload']
const PATIENCE = { withinMs: 30_000 }

const rule = (name: string) => `traefik.http.routers.${name}`

test('TLS in both tiers', async (t) => {
  await using rig = await Rig.start(t, {
    hosts: ['alpha'],
    masters: 1,
    edges: 2,
    tier: TIERS,
    https: true,
  })
  const { engine } = rig.host('alpha')
  const tls = new TlsVisits()
  const api = async () => (await rig.leader()).leader.api
  const everywhere = async (what: string, isSo: (edge: Edge) => Promise<boolean>) => {
    for (const edge of rig.edges)
      await eventually(`${what} at ${edge.name}`, () => isSo(edge).catch(() => false), PATIENCE)
  }
  const serves = (domain: string) =>
    everywhere(`${domain} over TLS`, async (edge) => {
      const { status } = await tls.get(edge, domain)
      return status === 200
    })

  await rig.step('a pair in the folder: its names are served, others are refused', async () => {
    await engine.run('web', { labels: { 'roadstead.host': 'web.shop.test' } })
    const pair = tls.pair('*.shop.test')
    for (const edge of rig.edges) await tls.put(edge, 'shop', pair)
    await serves('web.shop.test')
    for (const edge of rig.edges)
      assert.match(await tls.shown(edge, 'web.other.test'), /UNRECOGNIZED_NAME/)
  })

  await rig.step('a certificate of the masters is there as well', async () => {
    await engine.run('kept', { labels: { 'roadstead.host': 'kept.test' } })
    const pair = tls.pair('kept.test')
    await (await api()).call('PUT', '/api/v1/objects/certificates/kept', pair)
    await serves('kept.test')
  })

  await rig.step('another domain under a wildcard is a push in the live tier', async () => {
    // Each reload makes new workers; those of the last one may still be ending.
    const before = nginxOf(rig.edge(TIERS.indexOf('live'))).workers
    await engine.run('more', { labels: { 'roadstead.host': 'more.shop.test' } })
    await serves('more.shop.test')
    const { workers } = nginxOf(rig.edge(TIERS.indexOf('live')))
    assert.deepEqual(
      workers.filter((pid) => !before.includes(pid)),
      [],
    )
  })

  await rig.step(
    'Traefik’s pair of routers: plain until there is a certificate, then sent on',
    async () => {
      const labels = {
        [`${rule('plain')}.rule`]: 'Host(`late.test`)',
        [`${rule('plain')}.entrypoints`]: 'web',
        [`${rule('plain')}.middlewares`]: 'up',
        'traefik.http.middlewares.up.redirectscheme.scheme': 'https',
        [`${rule('safe')}.rule`]: 'Host(`late.test`)',
        [`${rule('safe')}.entrypoints`]: 'websecure',
        [`${rule('safe')}.tls`]: 'true',
      }
      await engine.run('late', { labels })
      const plain = (status: number) =>
        everywhere(`late.test answers ${status} in plain`, async (edge) => {
          return (await visitOnce(visitOf(edge, 'late.test'))).status === status
        })
      await plain(200)
      const pair = tls.pair('late.test')
      await (await api()).call('PUT', '/api/v1/objects/certificates/late', pair)
      await plain(308)
      await serves('late.test')
    },
  )

  await rig.step('masters and people hear how long each is valid, and what is broken', async () => {
    await tls.put(rig.edge(), 'broken', { chain: 'no certificate', key: '' })
    const told = async () => {
      const edges = await (await api()).edges()
      const problems = edges.flatMap(({ certificates }) =>
        (certificates?.list ?? []).filter(({ problem }) => problem !== undefined),
      )
      return (
        problems.length === 1 && edges.every(({ certificates }) => (certificates?.total ?? 0) >= 3)
      )
    }
    await eventually('the edges tell it', told, PATIENCE)
    const metrics = await (await api()).metrics()
    assert.match(metrics, /roadstead_edge_certificate_expiry_timestamp_seconds\{.*shop\.crt/)
    assert.doesNotMatch(metrics, /PRIVATE/)
  })

  await rig.step('edges and their nginx start anew with nobody above them', async () => {
    await rig.bus.kill()
    await Promise.all(rig.masters.map(({ process }) => process.kill()))
    for (const edge of rig.edges) {
      await edge.process.stop()
      await edge.process.restart()
      await edgeListens(edge)
    }
    for (const domain of ['web.shop.test', 'more.shop.test', 'kept.test', 'late.test'])
      await serves(domain)
  })
})
