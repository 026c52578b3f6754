import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { type Random, seededRandom } from '@roadstead/shared/kernel/random.ts'
import { TableRoute, TableService, type TableSlice } from '@roadstead/shared/protocol/table.ts'
import { openNginx } from '../../io/open-nginx.ts'
import { freePort, inTempFolder } from '../../testing/bench.ts'
import { endpoint, service, serviceId } from '../../testing/tables.ts'
import { assemble } from '../table.ts'
import { seal } from './envelope.ts'
import { render } from './render.ts'
import { tokenize, type Read } from './tokenize.ts'

/**
 * Hostile values against the whole way from a message to the text. The oracle below knows nothing of
 * our patterns: it is written from what nginx, URLs and addresses are, and decides by its own means.
 */
const VALUES = 10_000

const seeds = [
  'shop.test',
  'a.b.c.example',
  'xn--bcher-kva.test',
  '*.test',
  '~^shop',
  'localhost',
  '1.2.3.4',
  'shop.test;',
  'shop.test{',
  'shop.test\n',
  'shop.test\r',
  'shop.test\u0000',
  'shop .test',
  'shop.test}server{listen 1;',
  '"shop.test"',
  "'shop.test'",
  '$host',
  '${host}',
  'a#b.test',
  'SHOP.test',
  'shop..test',
  '.shop.test',
  'shop.test.',
  '-a.test',
  'a-.test',
  'xn--a.test',
  '/',
  '/api',
  '/api/',
  '/a/b/c',
  '//',
  '/..',
  '/a/../b',
  '/.',
  '/a b',
  '/a;b',
  '/a{b',
  '/a$b',
  '/a%2e%2e',
  '/a\\b',
  '/a"b',
  "/a'b",
  '/a#b',
  '/a?b',
  '/\u2028',
  '/a\u0085',
  '/a\u212a',
  '',
  '10.0.0.1',
  '256.1.1.1',
  '0x7f.1',
  '::1',
  'fe80::1%eth0',
  'fd00::1',
  '[::1]',
  'unix:/x',
  'u_0000000000000000',
  'u_',
  'u_000000000000000g',
  'default',
  'hostnames',
  'include',
  'volatile',
]
const pieces = [
  '\n',
  '\r\n',
  ';',
  '{',
  '}',
  '"',
  "'",
  '\\',
  '$',
  '#',
  ' ',
  '\t',
  '\u0000',
  '..',
  '/',
  '~',
]

test(`of ${VALUES} hostile values none gets into the text that nginx reads (I10)`, async () => {
  const random = seededRandom(20_261_122)
  const slice: TableSlice = { services: [service('s', endpoint(1))], routes: [] }
  const taken = new Set<string>()
  for (let count = 0; count < VALUES; count += 1) {
    const value = mutate(random)
    offer(slice, taken, value)
  }
  const assembled = assemble([slice])
  assert.equal(assembled.kind, 'table')
  if (assembled.kind !== 'table') return
  assert.ok(taken.size > 20, 'the fuzz must also find values that are good')

  await using folder = await inTempFolder()
  const where = { stateDir: folder.path, httpBind: '127.0.0.1', httpPort: await freePort() }
  const io = { digest: sha256, clock, log }
  await using opened = await openNginx({ ...where, nginx: undefined, path: '', ...io })
  const nothing = { leftOut: new Set<string>(), excluded: new Set<string>() }
  const { body } = render(assembled.table, nothing, opened.settings)
  const read = tokenize(body)
  assert.ok(read !== undefined)
  assert.deepEqual(foreignWords(read, taken), [])
  await opened.files.stage(seal(body, sha256).text)
  assert.deepEqual(await opened.nginx.test(), { ended: 'well', output: '' })
})

/** Puts the value into each field in turn, through the door that every message comes in by. */
function offer(slice: TableSlice, taken: Set<string>, value: string): void {
  const good = { path: '/', match: 'prefix', stripPrefix: false, service: serviceId('s') }
  const asDomain = TableRoute.safeParse({ ...good, domain: value })
  if (asDomain.success) {
    assert.ok(isHostName(value), `domain ${JSON.stringify(value)}`)
    if (!taken.has(value)) slice.routes.push(asDomain.data)
    taken.add(value)
  }
  const asPath = TableRoute.safeParse({ ...good, domain: 'paths.test', path: value })
  if (asPath.success) {
    assert.ok(isPlainPath(value), `path ${JSON.stringify(value)}`)
    if (!taken.has(value))
      slice.routes.push({ ...asPath.data, stripPrefix: value.length % 2 === 0 })
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

function mutate(random: Random): string {
  const pick = <Item>(from: readonly Item[]): Item | undefined =>
    from[Math.floor(random.next() * from.length)]
  let value = pick(seeds) ?? ''
  for (let steps = Math.floor(random.next() * 4); steps > 0; steps -= 1) {
    const at = Math.floor(random.next() * (value.length + 1))
    const piece = random.next() < 0.5 ? (pick(pieces) ?? '') : anyCharacter(random)
    const cut = random.next() < 0.5 ? 1 : 0
    value = value.slice(0, at) + piece + value.slice(at + cut)
  }
  return random.next() < 0.1 ? value + value : value
}

function anyCharacter(random: Random): string {
  return String.fromCharCode(Math.floor(random.next() * (random.next() < 0.8 ? 128 : 65_536)))
}
