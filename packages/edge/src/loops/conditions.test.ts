import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { RouteCondition } from '@roadstead/shared/protocol/route-settings.ts'
import { matchRoute } from '../core/nginx/match-path.ts'
import { Bench, type BenchTier, TIERS, webServer } from '../testing/bench.ts'
import { echoOf } from '../testing/echo.ts'
import { endpoint, route, service, serviceId, table } from '../testing/tables.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
const method = (...methods: Method[]) => ({ kind: 'method' as const, not: false, methods })
const ring = (value: string, not = false) =>
  ({ kind: 'header', not, name: 'X-Ring', value }) as const
const client = (network: string, not = false) => ({
  kind: 'client' as const,
  not,
  networks: [network],
})
const when = (...tests: RouteCondition): { readonly when: RouteCondition } => ({ when: tests })

const routes = [
  route('ask.test', 'a', when(method('GET'))),
  route('ask.test', 'b', when(method('POST', 'PUT'), ring('beta'))),
  route('ask.test', 'c', when(client('127.0.0.7/32'))),
  route('ask.test/api', 'd'),
  route('ask.test/api', 'e', when(ring('default'))),
  route('ask.test/api/v2', 'f', { ...when(method('POST')), stripPrefix: true }),
  route('ask.test/api/v2', 'c', { match: 'exact', ...when(ring('', true), ring('beta', true)) }),
  route('all.test', 'a', { priority: 5, ...when(client('127.0.0.7/8', true)) }),
  route('all.test/x', 'b', { priority: -1 }),
  route('all.test/x/y', 'c', { priority: 1, ...when(ring('a;b')) }),
  route('all.test', 'd'),
  route('cut.test/app', 'e', { ...when(method('GET')), stripPrefix: true }),
  route('cut.test/app', 'f', { match: 'exact', ...when(method('POST')) }),
  route('plain.test', 'a', { priority: 9 }),
  route('plain.test/x', 'b'),
]
const names = ['a', 'b', 'c', 'd', 'e', 'f']
const urls = [
  '/',
  '/x',
  '/x/y/z',
  '/api',
  '/api/v',
  '/api/v2',
  '/api/v2/w',
  '/apix',
  '/app',
  '/app/q',
]

const requests = urls.flatMap((path) =>
  ['GET', 'POST', 'DELETE'].flatMap((verb) =>
    ['', 'beta', 'Default', 'a;b'].flatMap((value) =>
      ['127.0.0.1', '127.0.0.7'].map((address) => ({ path, verb, value, address })),
    ),
  ),
)

/** What depends on more than domain and path: each answer is compared with what `matchRoute` says. */
for (const tier of TIERS) describe(`${tier} tier`, () => conditions(tier))

function conditions(tier: BenchTier): void {
  const stack = new AsyncDisposableStack()
  let bench: Bench

  before(async () => {
    bench = stack.use(await Bench.start({ tier }))
    const services = []
    for (const name of names) {
      services.push(service(name, endpoint(stack.use(await webServer(name)).port)))
    }
    await bench.apply(table(services, routes))
    assert.deepEqual([bench.state.outcome.kind, ...bench.state.quarantine], ['applied'])
    assert.deepEqual([...bench.state.refused], [])
  })
  after(() => stack.disposeAsync())

  for (const domain of ['ask.test', 'all.test', 'cut.test', 'plain.test']) {
    test(`${domain}: every request meets the route that is meant`, async () => {
      const mine = routes.filter((it) => it.domain === domain)
      for (const asked of requests) await meets(domain, mine, asked)
    })
  }

  test('who asks otherwise keeps its method, its query and all headers of ours', async () => {
    const lies = { 'x-forwarded-for': '6.6.6.6', 'x-ring': 'beta' }
    const { body } = await bench.get('ask.test/q?x=%2F', lies, { method: 'PUT', body: 'hello' })
    const { url, headers } = echoOf(body)
    assert.equal(url, '/q?x=%2F')
    assert.equal(headers['x-forwarded-for'], '127.0.0.1')
    assert.equal(headers['host'], 'ask.test')
  })

  test('of two routes that would each strip a prefix of one path, one is refused and told', async () => {
    await using other = await Bench.start({ tier })
    const services = bench.state.desired?.table.services ?? []
    const [get, post] = [method('GET'), method('POST')]
    await other.apply(
      table(services, [
        route('two.test/app', 'a', { ...when(get), stripPrefix: true }),
        route('two.test/app', 'b', { ...when(post), stripPrefix: true }),
        route('two.test', 'c'),
      ]),
    )
    assert.equal(other.state.outcome.kind, 'applied')
    const [told, ...more] = [...other.state.refused.values()]
    assert.deepEqual([told?.route.path, more], ['/app', []])
    assert.match(told?.reason ?? '', /prefix/)
    // Its requests go to nobody else: another route may ask for less.
    const at = 'two.test/app/x'
    const methods = ['GET', 'POST', 'PUT']
    const by = methods.map(
      async (verb) => (await other.get(at, {}, { method: verb })).headers['x-by'],
    )
    assert.deepEqual(new Set(await Promise.all(by)), new Set(['a', 'c', undefined]))
  })

  async function meets(
    domain: string,
    mine: typeof routes,
    { path, verb, value, address }: (typeof requests)[number],
  ): Promise<void> {
    const header = (name: string) => (name.toLowerCase() === 'x-ring' ? value : '')
    const expected = matchRoute(mine, path, { method: verb, client: address, header })
    const { status, headers, body } = await bench.get(
      `${domain}${path}`,
      value === '' ? {} : { 'x-ring': value },
      { method: verb, localAddress: address },
    )
    const name = names.find((it) => serviceId(it) === expected?.service)
    const where = `${verb} ${domain}${path} "${value}" from ${address}`
    assert.deepEqual([status, headers['x-by']], [name === undefined ? 404 : 200, name], where)
    if (expected === undefined) return
    const rest = path.slice(expected.path.length)
    const arrives = expected.stripPrefix ? `/${rest.replace(/^\//, '')}` : path
    assert.equal(echoOf(body).url, arrives, where)
  }
}
