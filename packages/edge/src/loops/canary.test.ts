import assert from 'node:assert/strict'
import http from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { TableService } from '@roadstead/shared/protocol/table.ts'
import { Bench, type BenchTier, TIERS, webServer } from '../testing/bench.ts'
import { echoOf } from '../testing/echo.ts'
import { endpoint, route, service, serviceId, table } from '../testing/tables.ts'

const REQUESTS = 10_000
/** Of all requests, in either direction. */
const SHARE_OFF_MAX = 0.03

const share = (name: string, percent: number) => ({
  canary: { service: serviceId(name), percent },
})
const routes = [
  route('ten.test', 'old', share('new', 10)),
  route('cut.test/app', 'old', { ...share('new', 50), stripPrefix: true }),
  route('alone.test', 'old', share('gone', 50)),
  route('other.test', 'gone', share('new', 10)),
  route('nobody.test', 'gone', share('lost', 10)),
  route('mixed.test', 'old', share('tls', 50)),
]

/** A share of the requests for another service, through a real nginx in both tiers. */
for (const tier of TIERS) describe(`${tier} tier`, () => canaries(tier))

function canaries(tier: BenchTier): void {
  const stack = new AsyncDisposableStack()
  let bench: Bench
  let services: TableService[] = []

  before(async () => {
    bench = stack.use(await Bench.start({ tier }))
    const ports = new Map<string, number>()
    for (const name of ['old-1', 'old-2', 'old-3', 'new'])
      ports.set(name, stack.use(await webServer(name)).port)
    const at = (name: string) => endpoint(ports.get(name) ?? 0)
    const old = service('old', at('old-1'), at('old-2'), { ...at('old-3'), weight: 3 })
    const tls = { ...service('tls', at('new')), scheme: 'https' as const }
    services = [old, service('new', at('new')), service('gone'), tls]
    await bench.apply(table(services, routes))
    assert.deepEqual([bench.state.outcome.kind, ...bench.state.quarantine], ['applied'])
  })
  after(() => stack.disposeAsync())

  test(`of ${REQUESTS} requests a tenth goes to the canary, within three in a hundred`, async () => {
    const seen = await count('ten.test', REQUESTS)
    const off = (seen.get('new') ?? 0) / REQUESTS - 0.1
    assert.ok(Math.abs(off) < SHARE_OFF_MAX, `${seen.get('new')} of ${REQUESTS}`)
    for (const name of ['old-1', 'old-2', 'old-3']) assert.ok((seen.get(name) ?? 0) > 1_000, name)
  })

  test('both see the path without the prefix', async () => {
    const seen = new Set<string>()
    for (let asked = 0; asked < 40; asked += 1) {
      const { headers, body } = await bench.get('cut.test/app/x?y=1')
      assert.equal(echoOf(body).url, '/x?y=1')
      seen.add(String(headers['x-by']).slice(0, 3))
    }
    assert.deepEqual([...seen].sort(), ['new', 'old'])
  })

  test('while one of the two has no endpoint, the other one serves all', async () => {
    assert.deepEqual([...(await count('alone.test', 60)).keys()].sort(), [
      'old-1',
      'old-2',
      'old-3',
    ])
    assert.deepEqual([...(await count('other.test', 60)).keys()], ['new'])
    assert.equal((await bench.get('nobody.test')).status, 503)
  })

  test('one that is spoken to in another way gets nothing', async () => {
    assert.ok(!(await count('mixed.test', 60)).has('new'))
  })

  test('a canary that goes costs no request, and comes back', async () => {
    const without = services.map((it) => (it.key === 'new' ? service('new') : it))
    await bench.apply(table(without, routes))
    const reloads = bench.state.reloads
    assert.ok(!(await count('ten.test', 100)).has('new'))
    await bench.apply(table(services, routes))
    assert.ok((await count('ten.test', 300)).has('new'))
    assert.equal(bench.state.reloads - reloads, tier === 'live' ? 0 : 1)
  })

  async function count(host: string, requests: number): Promise<Map<string, number>> {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
    const seen = new Map<string, number>()
    let left = requests
    const ask = async (): Promise<void> => {
      while (left > 0) {
        left -= 1
        const by = await once(host, agent)
        seen.set(by, (seen.get(by) ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: 8 }, ask))
    agent.destroy()
    return seen
  }

  function once(host: string, agent: http.Agent): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const options = { host: '127.0.0.1', port: bench.port, agent, headers: { host } }
    http
      .get(options, (response) => {
        response.resume()
        response.on('end', () => resolve(String(response.headers['x-by'] ?? response.statusCode)))
      })
      .on('error', reject)
    return promise
  }
}
