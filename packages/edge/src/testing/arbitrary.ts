import fc from 'fast-check'
import { DomainName, PathPattern } from '@roadstead/shared/protocol/route.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import { type EdgeTable } from '../core/table.ts'
import { endpoint, service, serviceId, table } from './tables.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e'] as const

const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,10}[a-z0-9])?$/)
const segment = fc.stringMatching(/^[A-Za-z0-9._~-]{1,8}$/)

/** Few domains and few paths, so that they meet each other. */
export const arbitraryDomain = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 3 }), fc.constantFrom('test', 'example', 'x1'))
  .map(([labels, last]) => [...labels, last].join('.'))
  .filter((text) => DomainName.safeParse(text).success)
  .map((text) => DomainName.parse(text))

export const arbitraryPath = fc
  .tuple(
    fc.array(fc.oneof(fc.constantFrom('api', 'v1', 'x'), segment), { maxLength: 4 }),
    fc.boolean(),
  )
  .map(([segments, slash]) => `/${segments.join('/')}${slash && segments.length > 0 ? '/' : ''}`)
  .filter((text) => PathPattern.safeParse(text).success)
  .map((text) => PathPattern.parse(text))

const arbitraryEndpoint = fc
  .tuple(
    fc.integer({ min: 1, max: 65_535 }),
    fc.oneof(fc.ipV4(), fc.constantFrom('fd00::1', '2001:db8::a:1', '::ffff:10.0.0.1')),
    fc.record(
      { weight: fc.integer({ min: 1, max: 100 }), backup: fc.boolean() },
      { requiredKeys: [] },
    ),
  )
  .map(([port, address, more]) => ({ ...endpoint(port, 'alpha', address), ...more }))

const arbitrarySettings = fc.record(
  {
    balance: fc.constantFrom('round-robin' as const, 'least-conn' as const, 'sticky' as const),
    holdMs: fc.integer({ min: 1, max: 10_000 }),
    slowStartMs: fc.integer({ min: 1_000, max: 600_000 }),
    connectTimeoutMs: fc.integer({ min: 10, max: 60_000 }),
    readTimeoutMs: fc.integer({ min: 100, max: 3_600_000 }),
  },
  { requiredKeys: [] },
)

const arbitraryService = (name: string) =>
  fc
    .tuple(fc.array(arbitraryEndpoint, { maxLength: 4 }), arbitrarySettings)
    .map(([endpoints, settings]) => ({ ...service(name, ...endpoints), ...settings }))

const arbitraryRoute = fc.record({
  domain: fc.oneof(arbitraryDomain, fc.constantFrom(DomainName.parse('shop.test'))),
  path: fc.oneof(arbitraryPath, fc.constant(PathPattern.parse('/'))),
  match: fc.constantFrom('prefix', 'exact'),
  stripPrefix: fc.boolean(),
  service: fc.constantFrom(...NAMES).map(serviceId),
})

/** Any table that the grammar lets through, with domains that share paths and services. */
export const arbitraryTable: fc.Arbitrary<EdgeTable> = fc
  .tuple(
    fc.tuple(...NAMES.map(arbitraryService)),
    fc.uniqueArray(arbitraryRoute, { selector: routeKey, maxLength: 30 }),
  )
  .map(([services, routes]) => table(services, routes))
