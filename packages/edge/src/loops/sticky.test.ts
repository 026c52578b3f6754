import assert from 'node:assert/strict'
import type http from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { TableEndpoint, TableService } from '@roadstead/shared/protocol/table.ts'
import { Bench, type BenchTier, eventually, TIERS, webServer } from '../testing/bench.ts'
import { endpoint, route, service, table } from '../testing/tables.ts'

const routes = [
  route('shop.test', 'shop'),
  route('full.test', 'full'),
  route('full.test/api', 'full', { stripPrefix: true }),
]

/** Visitors who stay with an endpoint by a cookie, and endpoints that take only so many requests. */
for (const tier of TIERS) describe(`${tier} tier`, () => sticky(tier))

function sticky(tier: BenchTier): void {
  const stack = new AsyncDisposableStack()
  const endpoints: TableEndpoint[] = []
  let bench: Bench
  let release = () => {}
  let waiting: Promise<void> = Promise.resolve()

  const shop = (list: TableEndpoint[]): TableService => ({
    ...service('shop', ...list),
    balance: 'sticky',
    cookie: 'my-shop',
  })
  const both = (list: TableEndpoint[]) => {
    const limited = endpoints.slice(0, 2).map((it) => ({ ...it, connectionsMax: 2 }))
    return table([shop(list), service('full', ...limited)], routes)
  }

  before(async () => {
    bench = stack.use(await Bench.start({ tier }))
    for (const name of ['0', '1', '2', '3', '4']) {
      const answer: http.RequestListener = (request, response) => {
        response.setHeader('x-by', name)
        response.setHeader('set-cookie', ['own=1'])
        const ready = request.url === '/slow' ? waiting : Promise.resolve()
        void ready.then(() => response.end(name))
      }
      endpoints.push(endpoint(stack.use(await webServer(name, answer)).port))
    }
    await bench.apply(both(endpoints))
    assert.deepEqual([bench.state.outcome.kind, ...bench.state.quarantine], ['applied'])
  })
  after(() => stack.disposeAsync())

  test('a visitor gets a cookie once, and stays', async () => {
    for (let visitor = 0; visitor < 12; visitor += 1) {
      const { by, cookie } = await comes()
      for (let again = 0; again < 4; again += 1) {
        const { headers } = await bench.get('shop.test', { cookie: `a=b; ${cookie}` })
        assert.equal(headers['x-by'], by)
        assert.deepEqual(headers['set-cookie'], ['own=1'])
      }
    }
  })

  test('visitors are spread, and their cookies tell no address', async () => {
    const seen = new Set<string>()
    for (let visitor = 0; visitor < 40; visitor += 1) {
      const { by, cookie } = await comes()
      assert.match(cookie, /^my_shop=[0-9a-f]{16,32}$/)
      for (const { port, container } of endpoints) {
        assert.ok(!cookie.includes(String(port)) && !cookie.includes(container.slice(-12)))
      }
      seen.add(by)
    }
    assert.equal(seen.size, 5)
  })

  test('when an endpoint goes only its own visitors move, and whoever moves stays then', async () => {
    const visitors = []
    for (let visitor = 0; visitor < 30; visitor += 1) visitors.push(await comes())
    await bench.apply(both(endpoints.filter((_, at) => at !== 2)))
    let moved = 0
    for (const { by, cookie } of visitors) {
      const { headers } = await bench.get('shop.test', { cookie })
      if (by === '2') moved += 1
      assert.equal(headers['x-by'] === by, by !== '2')
      const told = headers['set-cookie']?.find((it) => it.startsWith('my_shop='))
      const next = told?.split(';')[0] ?? cookie
      const again = await bench.get('shop.test', { cookie: next })
      assert.equal(again.headers['x-by'], headers['x-by'])
    }
    assert.ok(moved > 0 && moved < 30)
    await bench.apply(both(endpoints))
  })

  test('a cookie that somebody made up is as good as none', async () => {
    for (const cookie of ['my_shop=', 'my_shop=127.0.0.1:80', 'my_shop=%00', 'my_shop=u_1 b=lc']) {
      assert.equal((await bench.get('shop.test', { cookie })).status, 200)
    }
  })

  for (const path of ['/slow', '/api/slow']) {
    test(`${path}: an endpoint takes so many requests at one time, then others, then nobody`, async () => {
      const made = Promise.withResolvers<void>()
      waiting = made.promise
      release = made.resolve
      const slow = Array.from({ length: 7 }, () => bench.get(`full.test${path}`))
      const answered: number[] = []
      for (const one of slow) void one.then(({ status }) => answered.push(status))
      await eventually(() => answered.length === 3)
      assert.deepEqual(answered, [503, 503, 503])
      const { status, headers } = await bench.get(`full.test${path}`)
      assert.deepEqual([status, headers['retry-after']], [503, '2'])
      release()
      const by = (await Promise.all(slow)).map((it) => String(it.headers['x-by'] ?? '-'))
      assert.deepEqual(by.toSorted(), ['-', '-', '-', '0', '0', '1', '1'])
      assert.equal((await bench.get('full.test/')).status, 200)
    })
  }

  async function comes(): Promise<{ readonly by: string; readonly cookie: string }> {
    const { headers } = await bench.get('shop.test')
    const told = headers['set-cookie']?.find((it) => it.startsWith('my_shop='))
    const [cookie = '', ...flags] = told?.split('; ') ?? []
    assert.deepEqual(flags, ['Path=/', 'HttpOnly', 'SameSite=Lax'])
    return { by: String(headers['x-by']), cookie }
  }
}
