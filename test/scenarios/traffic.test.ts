/**
 * What visitors do with a connection: WebSockets, events, large bodies both ways, and very little. Real:
 * a Docker Engine with its agent, nats-server, a master, and two edges with their nginx, one of each
 * tier; every step asks both.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from '../rig/ask.ts'
import { eventsOf } from '../rig/events-of.ts'
import { calm, eventually, throughout } from '../rig/eventually.ts'
import { answeredBy, assertNothingLost } from '../rig/expect.ts'
import { type Edge, visitOf } from '../rig/parts.ts'
import { type EdgeTier, Rig } from '../rig/rig.ts'
import { SlowClients } from '../rig/slow-clients.ts'
import { digestOf, download, growthDuring, upload } from '../rig/transfers.ts'
import { Visitor } from '../rig/visitor.ts'
import { WebSockets } from '../rig/web-sockets.ts'

const TIERS: readonly EdgeTier[] = ['live', 'reload']
const DOMAIN = 'porter.example.com'
const GIB = 1_024 ** 3
/** Of two workers; a body passes through buffers of some KiB. */
const MEMORY_MIB_MAX = 16
const SLOW = 200
/** Less than any of the slow ones is given, and far more than it usually takes. */
const SLOWEST_MS_MAX = 12_000
/** nginx waits 15 s for a header. */
const ENDED = { withinMs: 40_000 }

test('what visitors do with a connection, in both tiers', async (t) => {
  await using rig = await Rig.start(t, { hosts: ['alpha'], edges: 2, tier: TIERS })
  const { engine } = rig.host('alpha')
  const inBoth = (what: string, look: (edge: Edge) => Promise<void>) =>
    rig.step(what, async () => {
      for (const edge of rig.edges) await look(edge)
    })
  const label = (domain: string, more = {}) => ({ 'roadstead.http.r.host': domain, ...more })
  const size = { 'roadstead.http.r.body-size': '2g' }
  await engine.run('porter', { labels: label(DOMAIN, size), porter: true })
  const kept = { 'roadstead.http.r.buffering': 'true' }
  await engine.run('keeper', { labels: label('kept.example.com', kept), porter: true })
  const books = rig.folder.folder('books')
  await engine.run('clerk', { labels: label('clerk.example.com'), clerk: { books } })
  for (const edge of rig.edges.keys()) {
    await answeredBy(rig, DOMAIN, 'porter', { edge })
    await answeredBy(rig, 'kept.example.com', 'keeper', { edge })
    await answeredBy(rig, 'clerk.example.com', 'clerk', { edge })
  }
  // They take as long as nginx lets them, while everything else goes on.
  using slow = new DisposableStack()
  const headers = await Promise.all(
    rig.edges.map(async (edge) => slow.use(await SlowClients.open(edge, DOMAIN, 'header', SLOW))),
  )

  await inBoth('WebSockets are heard, both ways', async (edge) => {
    using sockets = await WebSockets.open(visitOf(edge, 'clerk.example.com'), 20)
    assert.equal((await sockets.echo('hello')).alive, 20)
  })

  await inBoth('events arrive as they are sent', async (edge) => {
    const [count, everyMs] = [5, 300]
    const events = await eventsOf(edge, DOMAIN, count, everyMs)
    assert.equal(events.length, count)
    // Kept back, most would come with the last one; a busy machine makes one or another late.
    const late = events.filter(({ arrivedMs, sentMs }) => arrivedMs - sentMs > everyMs / 2)
    assert.ok(late.length < count / 2, JSON.stringify(events))
  })

  await inBoth('a body is passed on as it comes, or once all of it is there', async (edge) => {
    for (const [domain, seen] of [
      [DOMAIN, '1'],
      ['kept.example.com', '0'],
    ] as const) {
      using half = await SlowClients.open(edge, domain, 'body', 1)
      const busy = async () => (await ask(edge, `${domain}/underway`)).body
      await eventually('the body has begun', async () => (await busy()) === seen, ENDED)
      await throughout('and nothing more', async () => assert.equal(await busy(), seen), calm(300))
      assert.equal(half.ended, 0)
    }
  })

  const expected = digestOf(GIB)
  await inBoth('a body of 1 GiB passes as it comes, and so does an answer', async (edge) => {
    const growth = await growthDuring(edge, async () => {
      const sent = await upload(edge, DOMAIN, GIB)
      const got = await download(edge, DOMAIN, GIB)
      t.diagnostic(`${edge.name}: up ${sent.tookMs} ms, down ${got.tookMs} ms`)
      assert.deepEqual([sent.bytes, sent.digest], [GIB, expected])
      assert.deepEqual([got.bytes, got.digest], [GIB, expected])
    })
    t.diagnostic(`${edge.name}: ${JSON.stringify(growth)}`)
    assert.equal(growth.diskBytes, 0)
    assert.ok(growth.memoryMib <= MEMORY_MIB_MAX, `nginx grew by ${growth.memoryMib} MiB`)
  })

  await inBoth('clients that are slow in every way keep nobody else waiting', async (edge) => {
    using readers = await SlowClients.open(edge, DOMAIN, 'reader', SLOW)
    using bodies = await SlowClients.open(edge, DOMAIN, 'body', SLOW)
    await using visitor = Visitor.a(visitOf(edge, DOMAIN, { by: () => ['porter'] }), {
      atOnce: 4,
      pauseMs: 5,
    })
    await eventually('500 visits', () => visitor.report().requests > 500, ENDED)
    const report = await visitor.leave()
    assertNothingLost(report)
    assert.ok(report.slowestMs < SLOWEST_MS_MAX, `the slowest took ${report.slowestMs} ms`)
    assert.deepEqual([readers.ended, bodies.ended], [0, 0])
  })

  await rig.step('who never says what he wants is not waited for', async () => {
    const isEnded = () => headers.every(({ ended }) => ended === SLOW)
    await eventually('all are ended', isEnded, ENDED)
  })
})
