import fc from 'fast-check'
import { PathPattern, RouteDomain } from '@roadstead/shared/protocol/route.ts'
import { routeKey, streamKey } from '@roadstead/shared/protocol/route-key.ts'
import type { TableRoute, TableStream } from '@roadstead/shared/protocol/table.ts'
import type { EdgeTable } from '../core/table.ts'
import { arbitraryDomain, arbitraryPath } from './arbitrary-places.ts'
import { arbitraryWishes } from './arbitrary-settings.ts'
import { endpoint, service, serviceId, table } from './tables.ts'

/** A name that is met often, and what stands above and below it. */
const SHOPS = ['shop.test', '*.shop.test', '*.a.shop.test', 'b.a.shop.test'].map((name) =>
  RouteDomain.parse(name),
)
const NAMES = ['a', 'b', 'c', 'd', 'e'] as const

const arbitraryEndpoint = fc
  .tuple(
    fc.integer({ min: 1, max: 65_535 }),
    fc.oneof(fc.ipV4(), fc.constantFrom('fd00::1', '2001:db8::a:1', '::ffff:10.0.0.1')),
    fc.record(
      {
        weight: fc.integer({ min: 1, max: 100 }),
        backup: fc.boolean(),
        connectionsMax: fc.integer({ min: 1, max: 100_000 }),
      },
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
    scheme: fc.constantFrom('http' as const, 'https' as const, 'grpc' as const, 'grpcs' as const),
    cookie: fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,31}$/),
  },
  { requiredKeys: [] },
)

const arbitraryService = (name: string) =>
  fc
    .tuple(fc.array(arbitraryEndpoint, { maxLength: 4 }), arbitrarySettings)
    .map(([endpoints, settings]) => ({ ...service(name, ...endpoints), ...settings }))

const arbitraryPlace = fc.record({
  domain: fc.oneof(arbitraryDomain, fc.constantFrom(...SHOPS)),
  path: fc.oneof(arbitraryPath, fc.constant(PathPattern.parse('/'))),
  match: fc.constantFrom('prefix' as const, 'exact' as const),
  stripPrefix: fc.boolean(),
  service: fc.constantFrom(...NAMES).map(serviceId),
})
const arbitraryCanary = fc.record(
  {
    canary: fc.record({
      service: fc.constantFrom(...NAMES, 'missing').map(serviceId),
      percent: fc.integer({ min: 1, max: 99 }),
    }),
  },
  { requiredKeys: [] },
)
const arbitraryRoute = fc
  .tuple(arbitraryPlace, arbitraryWishes, arbitraryCanary)
  .map(([place, wishes, canary]): TableRoute => ({ ...place, ...wishes, ...canary }))

const STREAMED = ['q', 'r'] as const

/** As a label may say them; ports from 1024 on, as whoever runs the tests may have no others. */
const arbitraryStream = fc
  .tuple(
    fc.constantFrom('tcp' as const, 'udp' as const),
    fc.integer({ min: 1_024, max: 65_535 }),
    fc.constantFrom(...STREAMED),
    fc.record(
      {
        allow: fc.subarray(['10.0.0.0/8', '192.0.2.1/32', '2001:db8::/32'], { minLength: 1 }),
        timeoutMs: fc.integer({ min: 100, max: 86_400_000 }),
      },
      { requiredKeys: [] },
    ),
    fc.boolean(),
  )
  .map(([protocol, listen, name, more, isSaid]): TableStream => {
    const own = protocol === 'tcp' ? { proxyProtocol: 'v1' as const } : { responses: 1 }
    return { protocol, listen, service: serviceId(protocol + name), ...more, ...(isSaid && own) }
  })

/** A service of streams is spoken to in one protocol. */
const arbitraryStreamed = fc.tuple(
  ...STREAMED.flatMap((name) =>
    (['tcp', 'udp'] as const).map((protocol) =>
      arbitraryService(protocol + name).map((it) => ({ ...it, protocol })),
    ),
  ),
)

/** Any table that the grammar lets through, with domains that share paths and services. */
export const arbitraryTable: fc.Arbitrary<EdgeTable> = fc
  .tuple(
    fc.tuple(...NAMES.map(arbitraryService)),
    fc.uniqueArray(arbitraryRoute, { selector: routeKey, maxLength: 30 }),
    arbitraryStreamed,
    fc.uniqueArray(arbitraryStream, { selector: streamKey, maxLength: 4 }),
  )
  .map(([services, routes, streamed, streams]) =>
    table([...services, ...streamed], routes, streams),
  )
