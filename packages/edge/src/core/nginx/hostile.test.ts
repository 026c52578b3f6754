import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { seededRandom } from '@roadstead/shared/kernel/random.ts'
import { TableRoute, TableService, type TableSlice } from '@roadstead/shared/protocol/table.ts'
import { type OpenedNginx, openNginx } from '../../io/open-nginx.ts'
import {
  Bench,
  type BenchTier,
  freePort,
  inTempFolder,
  TIERS,
  visit,
  webServer,
} from '../../testing/bench.ts'
import { echoOf } from '../../testing/echo.ts'
import { mutate } from '../../testing/hostile-values.ts'
import { endpoint, route, service, serviceId, table } from '../../testing/tables.ts'
import { plainView } from '../own-view.ts'
import { assemble } from '../table.ts'
import { seal } from './envelope.ts'
import { matchRoute } from './match-path.ts'
import { render } from './render.ts'
import { tokenize, type Read } from './tokenize.ts'

/**
 * Hostile values against the whole way from a message to the text. The oracle below knows nothing of
 * our patterns: it is written from what nginx, URLs and addresses are, and decides by its own means.
 */
const VALUES = 10_000

/** Spread over the accepted ones; each is a request to a real nginx, and all take some seconds. */
const VISITS_MAX = 400
/** What routes lead to: enough that a wrong one is seen. */
const NAMES = ['red', 'green', 'blue']

test(`of ${VALUES} hostile values none gets into the text that nginx reads (I10)`, async () => {
  const { assembled, taken } = accepted()
  await using opened = await open('reload')
  const { body } = render(assembled, plainView, opened.settings)
  const read = tokenize(body)
  assert.ok(read !== undefined)
  assert.deepEqual(foreignWords(read, taken), [])
  await opened.files.stage(seal(body, sha256).text)
  assert.deepEqual(await opened.nginx.test(), { ended: 'well', output: '' })
})

for (const tier of TIERS) {
  test(`${tier}: those that are taken lead each visitor where their route says, and nobody elsewhere`, () =>
    visitAll(tier))
}

async function visitAll(tier: BenchTier): Promise<void> {
  const { slice, assembled } = accepted()
  await using stack = new AsyncDisposableStack()
  const real = await Promise.all(
    NAMES.map(async (name) => {
      const { port } = stack.use(await webServer(name))
      return service(name, endpoint(port))
    }),
  )
  const others = assembled.services.filter((it) => !real.some(({ id }) => id === it.id))
  const bench = stack.use(await Bench.start({ tier }))
  await bench.apply(table([...others, ...real], assembled.routes))
  assert.deepEqual([bench.state.outcome.kind, ...bench.state.quarantine], ['applied'])

  const urls = visits(slice.routes)
  assert.ok(urls.length > 200, `${urls.length} visits`)
  const seen = new Set<string | undefined>()
  for (const { domain, path } of urls) {
    const mine = slice.routes.filter((route) => route.domain === domain)
    const route = bySegments(mine, path)
    assert.deepEqual(matchRoute(mine, path), route)
    const name = NAMES.find((known) => serviceId(known) === route?.service)
    const { status, headers, body } = await visit(bench.port, domain, path)
    assert.equal(headers['x-by'], name, `${domain}${path}`)
    assert.equal(status, name === undefined ? 404 : 200, `${domain}${path}`)
    if (route !== undefined) assert.equal(echoOf(body).url, arrives(route, path))
    seen.add(name)
  }
  assert.deepEqual([...seen].map(String).sort(), [...NAMES, 'undefined'].sort())
}

/** What comes through the door of ten thousand values; the same at each call. */
function accepted() {
  const random = seededRandom(20_261_122)
  const named = NAMES.map((name, at) => service(name, endpoint(at + 1)))
  const slice: TableSlice = { services: [service('s', endpoint(1)), ...named], routes: [] }
  slice.routes.push({ ...route('addresses.test', 's') })
  const taken = new Set<string>()
  for (let count = 0; count < VALUES; count += 1) offer(slice, taken, mutate(random))
  assert.ok(taken.size > 20, 'the fuzz must also find values that are good')
  const assembled = assemble([slice])
  if (assembled.kind !== 'table') throw new Error(assembled.why)
  return { slice, taken, assembled: assembled.table }
}

async function open(tier: BenchTier): Promise<OpenedNginx & AsyncDisposable> {
  const folder = await inTempFolder()
  const where = { stateDir: folder.path, httpBind: '127.0.0.1', httpPort: await freePort() }
  const io = { digest: sha256, clock, log }
  const opened = await openNginx({
    ...where,
    nginx: undefined,
    path: '',
    tier: tier === 'live' ? 'auto' : tier,
    ...io,
  })
  return {
    ...opened,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** Every kind of neighbour of every route that was taken, then as many of them as there is time for. */
function visits(routes: readonly TableRoute[]): readonly { domain: string; path: string }[] {
  const all = routes
    .filter((route) => route.domain !== 'addresses.test')
    .flatMap(({ domain, path }) => {
      const bare = path.endsWith('/') ? path.slice(0, -1) : path
      const paths = new Set([path, `${bare}/`, `${bare}/x/y`, `${bare}x`, '/', '/elsewhere'])
      return [...paths].filter((it) => it.startsWith('/')).map((it) => ({ domain, path: it }))
    })
  const every = Math.max(1, Math.ceil(all.length / VISITS_MAX))
  return all.filter((_, at) => at % every === 0)
}

/** The meaning of routes once more, by segments and not by text. */
function bySegments(routes: readonly TableRoute[], path: string): TableRoute | undefined {
  const exact = routes.find((route) => route.match === 'exact' && route.path === path)
  if (exact !== undefined) return exact
  const asked = path.split('/').slice(1)
  const covering = routes.filter((route) => {
    if (route.match !== 'prefix') return false
    const own = route.path.split('/').slice(1)
    // A pattern that ends with a slash asks for something, be it empty, in the place after it.
    const fixed = own.at(-1) === '' ? own.slice(0, -1) : own
    const isLongEnough = asked.length >= own.length
    return isLongEnough && fixed.every((segment, at) => segment === asked[at])
  })
  return covering.toSorted((a, b) => b.path.length - a.path.length)[0]
}

function arrives(route: TableRoute, path: string): string {
  if (!route.stripPrefix || route.path === '/') return path
  const depth = route.path.split('/').filter((segment) => segment !== '').length
  return `/${path
    .split('/')
    .slice(depth + 1)
    .join('/')}`
}

/** Puts the value into each field in turn, through the door that every message comes in by. */
function offer(slice: TableSlice, taken: Set<string>, value: string): void {
  const name = NAMES[value.length % NAMES.length] ?? ''
  const good = { path: '/', match: 'prefix', stripPrefix: false, service: serviceId(name) }
  const asDomain = TableRoute.safeParse({ ...good, domain: value })
  if (asDomain.success) {
    assert.ok(isHostName(value), `domain ${JSON.stringify(value)}`)
    if (!taken.has(value)) slice.routes.push(asDomain.data)
    taken.add(value)
  }
  const asPath = TableRoute.safeParse({ ...good, domain: 'paths.test', path: value })
  if (asPath.success) {
    assert.ok(isPlainPath(value), `path ${JSON.stringify(value)}`)
    const match = value.length % 5 === 0 ? 'exact' : 'prefix'
    // A route for all of the domain would leave nothing for the others to miss.
    if (!taken.has(value) && value !== '/')
      slice.routes.push({ ...asPath.data, match, stripPrefix: value.length % 2 === 0 })
    taken.add(value)
  }
  const endpoints = [{ ...endpoint(80), address: value }]
  const asAddress = TableService.safeParse({ ...service('x'), endpoints })
  if (asAddress.success) {
    assert.ok(isAddress(value), `address ${JSON.stringify(value)}`)
    const [first] = slice.services
    if (!taken.has(value)) first?.endpoints.push(...asAddress.data.endpoints)
    taken.add(value)
  }
  const asService = TableService.safeParse({ ...service('x'), id: value })
  if (asService.success) {
    assert.ok(value.length === 18 && !Number.isNaN(Number(`0x${value.slice(2)}`)), value)
  }
}

/** Words in the text that come neither from us nor from a value that the oracle let through. */
function foreignWords(read: readonly Read[], taken: ReadonlySet<string>): readonly string[] {
  const known = [...taken].flatMap((value) => [value, value.replace(/\/$/, '')])
  return read
    .flatMap(function words(it): readonly string[] {
      return [...it.words, ...(it.block ?? []).flatMap(words)]
    })
    .filter((word) => !/^[a-zA-Z_ .$:/0-9=-]*$/.test(word))
    .filter((word) => !known.some((value) => value !== '' && word.includes(value)))
}

function isHostName(value: string): boolean {
  const labels = value.split('.')
  const url = new URL(`http://${value}/`)
  return (
    url.host === value &&
    url.pathname === '/' &&
    labels.length > 1 &&
    labels.every((it) => it !== '' && it.length < 64 && !it.startsWith('-') && !it.endsWith('-')) &&
    isPrintable(value)
  )
}

function isPlainPath(value: string): boolean {
  const url = new URL(`http://a.test${value}`)
  return url.pathname === value && url.search === '' && url.hash === '' && isPrintable(value)
}

function isAddress(value: string): boolean {
  const host = value.includes(':') ? `[${value}]` : value
  if (!URL.canParse(`http://${host}/`) || !isPrintable(value)) return false
  return value.includes(':') || new URL(`http://${host}/`).hostname === value
}

/** No character with a meaning in nginx's syntax, none that cannot be seen. */
function isPrintable(value: string): boolean {
  return Array.from(value).every((it) => {
    const code = it.charCodeAt(0)
    return code > 32 && code < 127 && !';{}"\'\\$#'.includes(it)
  })
}
