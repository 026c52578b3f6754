/**
 * What labels ask for beyond a place, as visitors meet it. Real: a Docker Engine with its agent,
 * nats-server, a master, and two edges with their nginx, one of each tier; every step asks both.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, shares } from '../rig/ask.ts'
import { eventually } from '../rig/eventually.ts'
import type { Edge } from '../rig/parts.ts'
import { type EdgeTier, Rig } from '../rig/rig.ts'

const TIERS: readonly EdgeTier[] = ['live', 'reload']
const REQUESTS = 10_000
const FEWER = 2_000
/** Of all requests. */
const AWRY_MAX = 0.03
/** Many containers at once on two cores. */
const SERVED = { withinMs: 40_000 }

type Labels = Readonly<Record<string, string>>

/** Keys of one route, and after them those of the container. */
function http(keys: Labels, general: Labels = {}): Labels {
  const route = Object.entries(keys).map(([key, text]) => [`roadstead.http.r.${key}`, text])
  const own = Object.entries(general).map(([key, text]) => [`roadstead.${key}`, text])
  return Object.fromEntries([...route, ...own])
}

function traefik(rule: string, more: Labels = {}): Labels {
  const port = 'traefik.http.services.r.loadbalancer.server.port'
  return { 'traefik.http.routers.r.rule': rule, [port]: '80', ...more }
}

const pool = (domain: string, service: string, general: Labels) =>
  http({ host: domain }, { service, ...general })

const CONTAINERS: Readonly<Record<string, Labels>> = {
  kept: http({ host: 'kept.example.com', allow: '127.0.0.2' }),
  team: traefik('Host(`team.example.com`)', {
    'traefik.http.routers.r.middlewares': 'in',
    // ann, with the word "password".
    'traefik.http.middlewares.in.basicauth.users': 'ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=',
  }),
  few: http({ host: 'few.example.com', limit: '5r/s burst=5' }),
  small: http({ host: 'small.example.com', 'body-size': '64k' }),
  gone: http({ host: 'gone.example.com', redirect: 'https://new.example.com/at 301' }),
  safe: http({ host: 'safe.example.com', https: 'redirect' }),
  late: http({ host: 'late.example.com', timeout: '500ms' }),
  said: http({
    host: 'said.example.com',
    compress: 'true',
    'headers.set.X-Frame-Options': 'DENY',
    'headers.set.X-Powered-By': '',
  }),
  two: http({ host: 'two.example.com' }, { 'max-conns': '2' }),
  heavy: pool('weights.example.com', 'weights', { weight: '3' }),
  light: pool('weights.example.com', 'weights', {}),
  stable: pool('canary.example.com', 'canary/stable', { 'http.r.canary': 'canary/next 20%' }),
  next: pool('canary.example.com', 'canary/next', {}),
  near: pool('address.example.com', 'address', { sticky: 'address' }),
  far: pool('address.example.com', 'address', { sticky: 'address' }),
  crumb: pool('cookie.example.com', 'cookie', { sticky: 'cookie' }),
  flake: pool('cookie.example.com', 'cookie', { sticky: 'cookie' }),
  all: traefik('Host(`when.example.com`)'),
  blue: traefik('Host(`when.example.com`) && Header(`X-Team`, `blue`)'),
  posts: traefik('Host(`when.example.com`) && Method(`POST`)'),
  urgent: traefik('Host(`when.example.com`) && PathPrefix(`/now/`)', {
    'traefik.http.routers.r.priority': '1000',
  }),
}

test('what labels ask for, in both tiers', async (t) => {
  await using rig = await Rig.start(t, { hosts: ['alpha'], edges: 2, tier: TIERS })
  const { engine } = rig.host('alpha')
  const inBoth = (what: string, look: (edge: Edge) => Promise<void>) =>
    rig.step(what, async () => {
      for (const edge of rig.edges) await look(edge)
    })
  for (const [name, labels] of Object.entries(CONTAINERS)) {
    await engine.run(name, { labels, porter: true })
  }

  await rig.step('all of it is in force', async () => {
    const { leader } = await rig.leader()
    const count = Object.keys(CONTAINERS).length
    const isRouted = async () => {
      const states = (await leader.api.containers()).flatMap(({ name, verdicts }) =>
        verdicts.map(({ reason }) => `${name} ${reason}`),
      )
      const others = states.filter((state) => !state.endsWith(' routed'))
      if (others.length > 0 || states.length < count) throw new Error(others.join(', '))
      return true
    }
    await eventually('all are routed', isRouted, SERVED)
    for (const edge of rig.edges) {
      const isThere = async () => {
        const urgent = await ask(edge, 'when.example.com/now/')
        const both = await shares(edge, 'weights.example.com', 40)
        return urgent.by === 'urgent' && Object.keys(both).length === 2
      }
      await eventually('the edge has all of it', isThere, SERVED)
    }
  })

  await inBoth('who may not come in gets 403', async (edge) => {
    assert.equal((await ask(edge, 'kept.example.com')).status, 403)
    const inside = await ask(edge, 'kept.example.com', { from: '127.0.0.2' })
    assert.deepEqual([inside.status, inside.by], [200, 'kept'])
  })

  await inBoth('who does not say who he is gets 401', async (edge) => {
    const told = (word?: string) => {
      const basic = `Basic ${Buffer.from(`ann:${word}`).toString('base64')}`
      return ask(
        edge,
        'team.example.com',
        word === undefined ? {} : { headers: { authorization: basic } },
      )
    }
    assert.equal((await told()).status, 401)
    assert.equal((await told('wrong')).status, 401)
    assert.equal((await told('password')).by, 'team')
  })

  await inBoth('more than the limit gets 429, and others are not counted', async (edge) => {
    const asked = Array.from({ length: 30 }, () => ask(edge, 'few.example.com'))
    const statuses = (await Promise.all(asked)).map(({ status }) => status)
    const served = statuses.filter((status) => status === 200).length
    assert.ok(served >= 6 && served <= 12, `${served} were served`)
    assert.equal(statuses.filter((status) => status === 429).length, 30 - served)
    assert.equal((await ask(edge, 'few.example.com', { from: '127.0.0.3' })).status, 200)
  })

  await inBoth('a body beyond its size gets 413', async (edge) => {
    const sent = async (length: number) => {
      const body = Buffer.alloc(length)
      return (await ask(edge, 'small.example.com/digest', { method: 'POST', body })).status
    }
    assert.deepEqual([await sent(64 * 1_024), await sent(64 * 1_024 + 1)], [200, 413])
  })

  await inBoth('redirects lead where they say', async (edge) => {
    const gone = await ask(edge, 'gone.example.com/x?y=1')
    assert.deepEqual([gone.status, gone.headers.location], [301, 'https://new.example.com/at'])
    const safe = await ask(edge, 'safe.example.com/x?y=1')
    assert.deepEqual([safe.status, safe.headers.location], [308, 'https://safe.example.com/x?y=1'])
  })

  await inBoth('a container that is silent for too long is answered for by 504', async (edge) => {
    const beganMs = performance.now()
    assert.equal((await ask(edge, 'late.example.com/sleep?ms=5000')).status, 504)
    assert.ok(performance.now() - beganMs < 3_000)
    assert.equal((await ask(edge, 'late.example.com/sleep?ms=50')).status, 200)
  })

  await inBoth('headers are set and taken away, and text is compressed', async (edge) => {
    const headers = { 'accept-encoding': 'gzip' }
    const said = await ask(edge, 'said.example.com', { headers })
    assert.equal(said.headers['x-frame-options'], 'DENY')
    assert.equal(said.headers['x-powered-by'], undefined)
    assert.equal(said.headers['content-encoding'], 'gzip')
    assert.equal((await ask(edge, 'said.example.com')).headers['content-encoding'], undefined)
    const other = await ask(edge, 'two.example.com', { headers })
    assert.deepEqual(
      [other.headers['x-powered-by'], other.headers['content-encoding']],
      ['porter', undefined],
    )
  })

  await inBoth('more at a time than a container takes get 503', async (edge) => {
    const asked = Array.from({ length: 8 }, () => ask(edge, 'two.example.com/sleep?ms=1500'))
    const statuses = (await Promise.all(asked)).map(({ status }) => status)
    const served = statuses.filter((status) => status === 200).length
    assert.equal(served, 2)
    assert.equal(statuses.filter((status) => status === 503).length, 6)
    assert.equal((await ask(edge, 'two.example.com')).status, 200)
  })

  await inBoth('weights hold within 3 %', async (edge) => {
    isAbout(await shares(edge, 'weights.example.com', FEWER), 'heavy', 0.75, FEWER)
  })

  await inBoth(`a canary gets its share within 3 % over ${REQUESTS} requests`, async (edge) => {
    const counts = await shares(edge, 'canary.example.com', REQUESTS)
    isAbout(counts, 'next', 0.2, REQUESTS)
  })

  await inBoth('who comes from one address stays with one container', async (edge) => {
    const met = new Set<string | undefined>()
    for (let visitor = 1; visitor <= 30; visitor += 1) {
      const own = new Set<string | undefined>()
      for (let visit = 0; visit < 4; visit += 1) {
        own.add((await ask(edge, 'address.example.com', { from: `127.0.0.${visitor}` })).by)
      }
      assert.equal(own.size, 1)
      met.add([...own][0])
    }
    assert.deepEqual(met, new Set(['far', 'near']))
  })

  await inBoth('who has the cookie stays with one container', async (edge) => {
    const met = new Set<string | undefined>()
    for (let visitor = 0; visitor < 20; visitor += 1) {
      const first = await ask(edge, 'cookie.example.com')
      const [cookie = ''] = (first.headers['set-cookie'] ?? []).map((it) => it.split(';')[0] ?? '')
      assert.match(cookie, /^rs_[0-9a-f]{8}=./)
      const again = await ask(edge, 'cookie.example.com', { headers: { cookie } })
      assert.deepEqual([again.by, again.headers['set-cookie']], [first.by, undefined])
      met.add(first.by)
    }
    assert.deepEqual(met, new Set(['crumb', 'flake']))
  })

  await inBoth('conditions and priorities choose the route', async (edge) => {
    const by = async (more: Parameters<typeof ask>[2], path = '/') =>
      (await ask(edge, `when.example.com${path}`, more)).by
    assert.equal(await by({}), 'all')
    assert.equal(await by({ headers: { 'x-team': 'blue' } }), 'blue')
    assert.equal(await by({ headers: { 'x-team': 'red' } }), 'all')
    assert.equal(await by({ method: 'POST' }), 'posts')
    assert.equal(await by({ headers: { 'x-team': 'blue' } }, '/now/x'), 'urgent')
  })
})

function isAbout(
  counts: Readonly<Record<string, number>>,
  who: string,
  share: number,
  requests: number,
): void {
  const found = (counts[who] ?? 0) / requests
  const sum = Object.values(counts).reduce((all, each) => all + each, 0)
  assert.deepEqual([sum, counts['nobody']], [requests, undefined])
  assert.ok(Math.abs(found - share) <= AWRY_MAX, `${who} had ${found}: ${JSON.stringify(counts)}`)
}
