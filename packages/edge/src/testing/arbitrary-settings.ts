import fc from 'fast-check'
import {
  HTTP_METHODS,
  type RouteCondition,
  RouteSettings,
} from '@roadstead/shared/protocol/route-settings.ts'
import { arbitraryDomain, arbitraryPath } from './arbitrary-places.ts'

/** Whatever a route may want beyond its place. */
const network = fc.oneof(
  fc.tuple(fc.ipV4(), fc.nat(32)).map(([address, length]) => `${address}/${length}`),
  fc.tuple(fc.ipV6(), fc.nat(128)).map(([address, length]) => `${address}/${length}`),
  fc.constantFrom('10.0.0.0/8', '10.1.2.3/8', '::ffff:10.0.0.0/104'),
)
const networks = fc.array(network, { minLength: 1, maxLength: 4 })
const headerName = fc.oneof(
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}[A-Za-z0-9]$/),
  fc.constantFrom(
    'Host',
    'X-Real-IP',
    'Content-Length',
    'Set-Cookie',
    'Server',
    'X-Accel-Redirect',
  ),
)
const headerValue = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9 _.,:/=+@()*;-]{0,40}[A-Za-z0-9)*]$/),
  fc.constantFrom('', 'default', 'include', 'hostnames', 'volatile', 'a;b', 'max-age=1; x'),
)
const headers = fc.uniqueArray(fc.record({ name: headerName, value: headerValue }), {
  minLength: 1,
  maxLength: 4,
  selector: ({ name }) => name.toLowerCase(),
})

const condition: fc.Arbitrary<RouteCondition> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('method' as const),
      not: fc.boolean(),
      methods: fc.array(fc.constantFrom(...HTTP_METHODS), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant('header' as const),
      not: fc.boolean(),
      name: headerName,
      value: headerValue,
    }),
    fc.record({ kind: fc.constant('client' as const), not: fc.boolean(), networks }),
  ),
  { minLength: 1, maxLength: 3 },
)

const settings = fc
  .record(
    {
      allow: networks,
      auth: fc.constantFrom('team', 'nobody'),
      users: fc.array(fc.constantFrom('ann:{PLAIN}x', 'bob:$apr1$a$b'), {
        minLength: 1,
        maxLength: 2,
      }),
      limit: fc.record({
        requests: fc.integer({ min: 1, max: 100_000 }),
        per: fc.constantFrom('second', 'minute'),
        burst: fc.nat(100_000),
      }),
      bodyBytesMax: fc.integer({ min: 1_024, max: 1024 ** 4 }),
      timeoutMs: fc.integer({ min: 100, max: 86_400_000 }),
      buffering: fc.boolean(),
      compress: fc.boolean(),
      responseHeaders: headers,
      requestHeaders: headers,
      redirect: fc.record(
        {
          status: fc.constantFrom(301, 302, 303, 307, 308),
          scheme: fc.constantFrom('http', 'https'),
          domain: arbitraryDomain,
          port: fc.integer({ min: 1, max: 65_535 }),
          path: arbitraryPath,
        },
        { requiredKeys: ['status'] },
      ),
      https: fc.constantFrom('redirect', 'only', 'both'),
      hsts: fc.record({
        maxAgeS: fc.nat(63_072_000),
        subdomains: fc.boolean(),
        preload: fc.boolean(),
      }),
      addPrefix: arbitraryPath,
      replacePath: arbitraryPath,
      ownHost: fc.constant(true),
    },
    { requiredKeys: [] },
  )
  .map((it) => RouteSettings.parse(it))

/** Half of all routes are plain. */
export const arbitraryWishes = fc.oneof(
  fc.constant({}),
  fc.record(
    { when: condition, priority: fc.integer({ min: -3, max: 3 }), settings },
    { requiredKeys: [] },
  ),
)
