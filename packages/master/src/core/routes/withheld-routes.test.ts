import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { exampleContainer } from '../examples.ts'
import { readLabels } from './labels.ts'
import { defaultPolicy } from './policy.ts'

type Labels = Record<string, string>

const wide = { 'roadstead.host': 'a.example' }

/** What is served and what is refused of a container with a wide route and one for `/admin`. */
function read(admin: Labels, more: Labels = wide, inheritedLabels: Labels = {}) {
  const of = Object.entries(admin).map(([key, value]) => [`roadstead.http.admin.${key}`, value])
  const labels = { ...more, ...Object.fromEntries(of) }
  const container = exampleContainer(1, { labels, inheritedLabels })
  const reading = readLabels(container, defaultPolicy, sha256)
  return {
    served: reading?.intents.map(({ route, domain, path }) => `${route} ${domain}${path}`) ?? [],
    refused: reading?.refusals.map(({ route, reason }) => `${route} ${reason}`) ?? [],
  }
}

const admin = { host: 'a.example', path: '/admin' }

test('what a misspelt restriction was to guard is not served by a wider route', () => {
  const { served, refused } = read({ ...admin, alow: '10.0.0.0/8' })
  assert.deepEqual(served, [])
  assert.deepEqual(refused, ['admin unknown-key', 'default beside-refused'])
})

test('so is what a restriction of a wrong form, or beside something wrong, was to guard', () => {
  const wrong: readonly (readonly [Labels, string])[] = [
    [{ allow: '10.0.0.1/8' }, 'invalid-allow'],
    [{ auth: 'team' }, 'invalid-auth'],
    [{ limit: '20' }, 'invalid-limit'],
    [{ 'body-size': '1' }, 'invalid-size'],
    [{ https: 'on' }, 'invalid-https'],
    [{ redirect: 'htps' }, 'invalid-redirect'],
    [{ auth: 'basic:team', port: '0' }, 'invalid-port'],
    [{ auth: 'basic:team', redirect: 'https://b.example' }, 'incompatible-keys'],
    [{ tls: 'off' }, 'key-later'],
  ]
  for (const [labels, reason] of wrong) {
    const { served, refused } = read({ ...admin, ...labels })
    assert.deepEqual([served, refused], [[], [`admin ${reason}`, 'default beside-refused']])
  }
})

test('a route that restricts nobody costs only itself', () => {
  for (const labels of [{ port: '0' }, { timeout: 'x' }, { 'headers.set.X-A': '$x' }]) {
    const { served, refused } = read({ ...admin, ...labels })
    assert.deepEqual([served, refused.length], [['default a.example/'], 1])
  }
})

test('what lies beside, on another name, or comes first anyway is served', () => {
  const more = {
    ...wide,
    'roadstead.http.deep.host': 'a.example,b.example',
    'roadstead.http.deep.path': '/admin/logo',
    'roadstead.http.docs.host': 'a.example',
    'roadstead.http.docs.path': '/docs',
    'roadstead.http.first.host': 'a.example',
    'roadstead.http.first.priority': '7',
    'roadstead.http.first.path': '/x',
    'roadstead.http.other.host': 'b.example',
  }
  const { served, refused } = read({ ...admin, alow: 'x' }, more)
  const rest = ['deep b.example/admin/logo', 'docs a.example/docs', 'first a.example/x']
  assert.deepEqual(served, [...rest, 'other b.example/'])
  const shut = ['deep beside-refused', 'default beside-refused']
  assert.deepEqual(refused.toSorted(), ['admin unknown-key', ...shut])
})

test('a place or a name that cannot be read may be any', () => {
  for (const path of ['admin', '/a b']) {
    assert.deepEqual(read({ ...admin, path, auth: 'basic:team' }).served, [])
  }
  assert.deepEqual(read({ path: '/admin', auth: 'basic:team' }).served, [])
  assert.deepEqual(read({ ...admin, host: 'A.example', auth: 'basic:team' }).served, [])
  assert.deepEqual(read({ ...admin, match: 'x', auth: 'basic:team' }).served, [])
  const bad = read({ ...admin, host: 'a.example,bad_name', auth: 'basic:team' })
  assert.deepEqual(bad.served, ['admin a.example/admin', 'default a.example/'])
})

test('the same place, once with a password and once without, is served to nobody', () => {
  const twice = { ...wide, 'roadstead.http.a.host': 'a.example', 'roadstead.http.a.path': '/admin' }
  const { served, refused } = read({ ...admin, auth: 'basic:team' }, twice)
  assert.deepEqual(served, [])
  assert.deepEqual(refused.toSorted(), [
    'a beside-refused',
    'admin duplicate-route',
    'default beside-refused',
  ])
})

test('one that is beyond the number of routes was meant to restrict, too', () => {
  const many = Object.fromEntries(
    Array.from({ length: 16 }, (_, at) => [`roadstead.http.a${at}.host`, `a${at}.example`]),
  )
  const restricted = {
    'roadstead.http.b.host': 'a3.example',
    'roadstead.http.b.auth': 'basic:team',
  }
  const { served, refused } = read({}, { ...many, ...restricted })
  assert.equal(served.length, 15)
  assert.deepEqual(refused, ['b over-budget', 'a3 beside-refused'])
})

test('streams and labels of an image guard nothing', () => {
  assert.deepEqual(read({}, { ...wide, 'roadstead.tcp.db.lisen': '1' }).served, [
    'default a.example/',
  ])
  const image = { 'roadstead.http.x.auth': 'basic:team', 'roadstead.http.x.host': 'a.example' }
  assert.deepEqual(read({}, wide, image).served, ['default a.example/'])
})
