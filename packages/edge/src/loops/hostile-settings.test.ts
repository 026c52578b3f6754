import assert from 'node:assert/strict'
import http from 'node:http'
import { BlockList, isIP } from 'node:net'
import { test } from 'node:test'
import { seededRandom } from '@roadstead/shared/kernel/random.ts'
import { TableRoute, TableService } from '@roadstead/shared/protocol/table.ts'
import { Bench, type BenchTier, TIERS, webServer } from '../testing/bench.ts'
import { echoOf } from '../testing/echo.ts'
import { mutate, settingSeeds } from '../testing/hostile-values.ts'
import { endpoint, route, service, table } from '../testing/tables.ts'

/**
 * Hostile values in everything that a route may want beyond its place, through the door that messages
 * come in by, and those that pass through a real nginx. The oracle knows nothing of our patterns: what
 * is let in must be what the platform calls a header, an address, a URL, and must arrive as it is.
 */
const VALUES = 20_000

test(`of ${VALUES} hostile values none is let in that is not what it should be (I10)`, () => {
  const { routes, cookies } = accepted()
  assert.ok(cookies.length > 5 && routes.length > 200, `${routes.length} ${cookies.length}`)
})

for (const tier of TIERS) {
  test(`${tier}: those that are let in arrive as they are, and do nothing else`, () =>
    visitAll(tier))
}

interface Taken {
  readonly field: Field
  readonly value: string
  readonly route: TableRoute
}

async function visitAll(tier: BenchTier): Promise<void> {
  const { routes: all, cookies } = accepted()
  // A few of each kind.
  const routes = FIELDS.flatMap((field) => all.filter((it) => it.field === field).slice(0, 12))
  await using shop = await webServer('shop')
  await using bench = await Bench.start({ tier })
  const sticky = cookies.slice(0, 12).map((cookie, at) => ({
    ...service(`s${at}`, endpoint(shop.port)),
    balance: 'sticky' as const,
    cookie,
  }))
  const services = [service('shop', endpoint(shop.port)), ...sticky]
  const leads = sticky.map((_, at) => route(`cookie${at}.test`, `s${at}`))
  await bench.apply(table(services, [...routes.map((it) => it.route), ...leads]))
  assert.deepEqual([bench.state.outcome.kind, ...bench.state.quarantine], ['applied'])
  for (const one of routes) await visits(bench, one)
  for (const [at, { cookie }] of sticky.entries()) {
    const told = (await bench.get(`cookie${at}.test`)).headers['set-cookie'] ?? []
    assert.deepEqual(
      told.map((it) => it.split('=')[0]),
      [cookie.replaceAll('-', '_')],
    )
  }
}

async function visits(bench: Bench, { field, value, route: it }: Taken): Promise<void> {
  const { domain } = it
  const where = `${field} ${JSON.stringify(value)}`
  const { status, headers, body } = await bench.get(domain, sentFor(field, value))
  switch (field) {
    case 'allow':
    case 'client':
      assert.equal(status === 200, holds(value, '127.0.0.1'), where)
      break
    case 'auth':
      assert.equal(status, 503, where)
      break
    case 'users':
      assert.equal(status, 401, where)
      break
    case 'asked':
      assert.equal(status, 200, where)
      assert.equal((await bench.get(domain, { 'x-asked': `${value}x` })).status, 404, where)
      break
    case 'askedName':
    case 'path':
    case 'prefix':
      assert.equal(status, 200, where)
      assert.equal(headers['x-by'], 'shop', where)
      if (field === 'path') assert.equal(echoOf(body).url, value, where)
      break
    case 'answer':
      assert.equal(headers['x-answer'], value === '' ? undefined : value, where)
      break
    case 'sent':
      assert.equal(echoOf(body).headers['x-sent'], value === '' ? undefined : value, where)
      break
    case 'answerName':
    case 'sentName':
      assert.equal(status, 200, where)
      break
    case 'domain':
      assert.equal(headers.location, `http://${value}/`, where)
      break
  }
}

function sentFor(field: Field, value: string): http.OutgoingHttpHeaders {
  if (field === 'asked') return value === '' ? {} : { 'x-asked': value }
  return {}
}

const FIELDS = [
  'allow',
  'answer',
  'answerName',
  'asked',
  'askedName',
  'auth',
  'client',
  'domain',
  'path',
  'prefix',
  'sent',
  'sentName',
  'users',
] as const
type Field = (typeof FIELDS)[number]

function accepted() {
  const random = seededRandom(20_261_123)
  const routes: Taken[] = []
  const cookies = new Set<string>()
  const seen = new Set<string>()
  for (let count = 0; count < VALUES; count += 1) {
    const value = mutate(random, settingSeeds)
    if (seen.has(value)) continue
    seen.add(value)
    for (const field of FIELDS) {
      const plain = route(`v${routes.length}.test`, 'shop')
      const parsed = TableRoute.safeParse({ ...plain, ...wishOf(field, value) })
      if (!parsed.success) continue
      assert.ok(isGood(field, value), `${field} ${JSON.stringify(value)}`)
      routes.push({ field, value, route: parsed.data })
    }
    const asCookie = TableService.safeParse({ ...service('x'), cookie: value })
    if (!asCookie.success) continue
    assert.ok(isToken(value), `cookie ${JSON.stringify(value)}`)
    cookies.add(value)
  }
  return { routes, cookies: [...cookies] }
}

function wishOf(field: Field, value: string): object {
  const header = (name: string, text: string) => [{ name, value: text }]
  const test = (more: object) => ({ when: [{ not: false, ...more }] })
  switch (field) {
    case 'allow':
      return { settings: { allow: [value] } }
    case 'answer':
      return { settings: { responseHeaders: header('X-Answer', value) } }
    case 'answerName':
      return { settings: { responseHeaders: header(value, 'x') } }
    case 'asked':
      return test({ kind: 'header', name: 'X-Asked', value })
    case 'askedName':
      return test({ kind: 'header', not: true, name: value, value: 'never' })
    case 'auth':
      return { settings: { auth: value } }
    case 'client':
      return test({ kind: 'client', networks: [value] })
    case 'domain':
      return { settings: { redirect: { status: 301, domain: value } } }
    case 'path':
      return { settings: { replacePath: value } }
    case 'prefix':
      return { settings: { addPrefix: value } }
    case 'sent':
      return { settings: { requestHeaders: header('X-Sent', value) } }
    case 'sentName':
      return { settings: { requestHeaders: header(value, 'x') } }
    case 'users':
      return { settings: { users: [value] } }
  }
}

function isGood(field: Field, value: string): boolean {
  switch (field) {
    case 'allow':
    case 'client':
      return isNetwork(value)
    case 'answer':
    case 'asked':
    case 'sent':
      return isHeaderValue(value)
    case 'answerName':
    case 'askedName':
    case 'sentName':
      return isToken(value)
    case 'auth':
      return encodeURIComponent(value) === value && value === value.toLowerCase()
    case 'domain':
      return new URL(`http://${value}/`).host === value
    case 'path':
    case 'prefix':
      return new URL(`http://a.test${value}`).href === `http://a.test${value}`
    case 'users':
      return value.split(':').length === 2 && isHeaderValue(value.replaceAll(/[${}]/g, ''))
  }
}

function isHeaderValue(value: string): boolean {
  http.validateHeaderValue('x', value)
  return Array.from(value).every((it) => it >= ' ' && it <= '~' && !'"\'\\${}#`<>'.includes(it))
}

function isToken(value: string): boolean {
  http.validateHeaderName(value)
  return encodeURIComponent(value) === value
}

function isNetwork(value: string): boolean {
  const [base = '', length = ''] = value.split('/')
  new BlockList().addSubnet(base, Number(length), isIP(base) === 4 ? 'ipv4' : 'ipv6')
  return isIP(base) !== 0 && !base.includes('%') && `${base}/${Number(length)}` === value
}

function holds(network: string, address: string): boolean {
  const [base = '', length = ''] = network.split('/')
  // nginx keeps the two families apart, and takes mapped addresses for those of version 4.
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(base)?.[1]
  if (isIP(base) === 6 && mapped === undefined) return false
  const list = new BlockList()
  list.addSubnet(mapped ?? base, Number(length) - (mapped === undefined ? 0 : 96), 'ipv4')
  return list.check(address, 'ipv4')
}
