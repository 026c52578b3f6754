import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DomainName, PathPattern, ServiceKey } from './route.ts'

const accepts =
  (schema: typeof DomainName | typeof PathPattern | typeof ServiceKey) => (text: string) =>
    schema.safeParse(text).success

test('ordinary names are domains', () => {
  const names = [
    'shop.example.com',
    'a.b',
    'x-1.example.co',
    'demo.localhost',
    'xn--bcher-kva.example',
  ]
  for (const name of names) assert.ok(accepts(DomainName)(name), name)
})

test('what a browser would not send unchanged is no domain', () => {
  const names = [
    '',
    'localhost',
    'Shop.example.com',
    'shop.example.com.',
    '.example.com',
    '*.example.com',
    '10.0.0.1',
    '0x7f.1',
    'a..b',
    '-a.example.com',
    'a-.example.com',
    'a_b.example.com',
    'a b.com',
    'shop.example.com\n',
    '\nshop.example.com',
    'shop.example.com;',
    'shop.example.com{',
    'é.example',
    'ab--cd.example.com',

    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(130)}com`,
    'shop.example.com\u2028',
    '～.example.com',
  ]
  for (const name of names) assert.ok(!accepts(DomainName)(name), JSON.stringify(name))
})

test('a path has no dot segments, empty segments, encodings or syntax', () => {
  for (const path of ['/', '/api', '/api/', '/a/b.c/~d', '/.well-known/x', '/...']) {
    assert.ok(accepts(PathPattern)(path), path)
  }
  for (const path of [
    '',
    'api',
    '//',
    '/a//b',
    '/..',
    '/a/../b',
    '/.',
    '/a/.',
    '/a%2f',
    '/a b',
    '/a;',
    '/a\n',
    '/{',
    '/$x',
    '/#',
    '/a?b',
  ]) {
    assert.ok(!accepts(PathPattern)(path), JSON.stringify(path))
  }
})

test('a service key is one or two plain names', () => {
  for (const key of ['web', 'shop/web', 'a.b_c-d/e']) assert.ok(accepts(ServiceKey)(key), key)
  for (const key of ['', '/', 'a/', '/a', 'a/b/c', 'A', 'a b', 'a\n', '../a']) {
    assert.ok(!accepts(ServiceKey)(key), JSON.stringify(key))
  }
})

test('whatever is accepted as a domain survives a second parser unchanged', () => {
  fc.assert(
    fc.property(fc.oneof(fc.domain(), fc.string({ unit: 'binary' }), fc.webUrl()), (text) => {
      if (!accepts(DomainName)(text)) return true
      return new URL(`http://${text}:80/x`).hostname === text && /^[a-z0-9.-]+$/.test(text)
    }),
    { numRuns: 2_000 },
  )
})
