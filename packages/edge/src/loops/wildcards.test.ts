import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { TableEndpoint, TableRoute } from '@roadstead/shared/protocol/table.ts'
import { Bench, type BenchTier, TIERS, webServer } from '../testing/bench.ts'
import { endpoint, route, service, table } from '../testing/tables.ts'

const SERVICES = ['shop', 'dev', 'deep', 'other']

const domains = {
  'shop.dev.test': 'shop',
  '*.dev.test': 'dev',
  '*.a.dev.test': 'deep',
  'other.test': 'other',
} as const

const asked = [
  ['shop.dev.test', 'shop'],
  ['x.dev.test', 'dev'],
  ['x.y.dev.test', 'dev'],
  ['a.dev.test', 'dev'],
  ['x.a.dev.test', 'deep'],
  ['x.y.a.dev.test', 'deep'],
  ['x.shop.dev.test', 'dev'],
  ['other.test', 'other'],
  ['dev.test', undefined],
  ['xdev.test', undefined],
  ['x.other.test', undefined],
] as const

/** Which of them need a text: none, all, and each by itself. */
const INSTEADS = [[], Object.keys(domains), ...Object.keys(domains).map((domain) => [domain])]

/** A name by itself, else the wildcard of its nearest parent: in both tiers, plain or with settings. */
for (const tier of TIERS) describe(`${tier} tier`, () => wildcards(tier))

function wildcards(tier: BenchTier): void {
  const stack = new AsyncDisposableStack()
  const endpoints = new Map<string, TableEndpoint>()
  let bench: Bench

  before(async () => {
    bench = stack.use(await Bench.start({ tier }))
    for (const name of SERVICES) {
      const web = stack.use(await webServer(name, (_, response) => response.end(name)))
      endpoints.set(name, endpoint(web.port))
    }
  })
  after(() => stack.disposeAsync())

  for (const inText of INSTEADS) {
    test(`with a text for ${inText.join(' ') || 'none'}`, async () => {
      await bench.apply(tableWith(inText))
      assert.deepEqual([bench.state.outcome.kind, ...bench.state.quarantine], ['applied'])
      for (const [name, expected] of asked) {
        const { body, status } = await bench.get(name)
        if (expected === undefined) assert.notEqual(status, 200, name)
        else assert.deepEqual([body, status], [expected, 200], name)
      }
    })
  }

  test('a wildcard answers for a name that has just gone, until the name is back', async () => {
    await bench.apply(tableWith([], ['shop.dev.test']))
    assert.equal((await bench.get('shop.dev.test')).body, 'dev')
    await bench.apply(tableWith([]))
    assert.equal((await bench.get('shop.dev.test')).body, 'shop')
  })

  function tableWith(inText: readonly string[], without: readonly string[] = []) {
    const routes = Object.entries(domains)
      .filter(([domain]) => !without.includes(domain))
      .map(([domain, name]): TableRoute => {
        const plain = route(domain, name)
        return inText.includes(domain) ? { ...plain, settings: { bodyBytesMax: 2_048 } } : plain
      })
    const services = SERVICES.map((name) => service(name, endpoints.get(name) ?? endpoint(1)))
    return table(services, routes)
  }
}
