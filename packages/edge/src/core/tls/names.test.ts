import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RouteDomain } from '@roadstead/shared/protocol/route.ts'
import { byWorth, type Certificate, nextTurnMs } from './certificate.ts'
import { certificateFor, certificatesByName, foreignNames } from './names.ts'

function certificate(name: string, names: readonly string[], from = 0, to = 100): Certificate {
  const files = { chainFile: `certificate-${name}`, keyFile: `key-${name}` }
  const facts = { name, source: 'folder', issuer: '', fingerprint: name } as const
  const domains = names.map((text) => RouteDomain.parse(text))
  return { ...facts, ...files, names: domains, notBeforeMs: from, notAfterMs: to }
}

const wild = certificate('wild', ['*.a.test', 'a.test'])
const own = certificate('own', ['x.a.test', '*.b.a.test'])
const shown = certificatesByName([wild, own])
const nameFor = (domain: string) => certificateFor(domain, shown)?.name

test('the exact name comes before the wildcard one label above, and nothing else counts', () => {
  assert.equal(nameFor('a.test'), 'wild')
  assert.equal(nameFor('x.a.test'), 'own')
  assert.equal(nameFor('y.a.test'), 'wild')
  assert.equal(nameFor('b.a.test'), 'wild')
  assert.equal(nameFor('y.b.a.test'), 'own')
  assert.equal(nameFor('z.y.b.a.test'), undefined)
  assert.equal(nameFor('test.test'), undefined)
  assert.equal(nameFor('*.a.test'), 'wild')
  assert.equal(nameFor('*.x.a.test'), undefined)
})

test('of several for a name the first is shown', () => {
  const other = certificate('other', ['a.test'])
  assert.equal(certificatesByName([other, wild]).get('a.test')?.name, 'other')
  assert.equal(certificatesByName([wild, other]).get('a.test')?.name, 'wild')
})

test('the first is valid now, then ends last, then is told apart by its content', () => {
  const list = [
    certificate('ended', ['a.test'], 0, 49),
    certificate('future', ['a.test'], 51, 900),
    certificate('short', ['a.test'], 0, 60),
    certificate('long-b', ['a.test'], 0, 70),
    certificate('long-a', ['a.test'], 0, 70),
  ]
  const order = list.sort(byWorth(50)).map(({ name }) => name)
  assert.deepEqual(order, ['long-a', 'long-b', 'short', 'future', 'ended'])
  assert.equal(nextTurnMs(list, 50), 51)
  assert.equal(nextTurnMs(list, 51), 61)
  assert.equal(nextTurnMs(list, 900), 901)
  assert.equal(nextTurnMs(list, 901), undefined)
})

test('names below a wildcard of the text are found, with the nearest one', () => {
  const domains = new Set(['*.a.test', '*.b.a.test', 'x.a.test'])
  const found = foreignNames(shown, domains).map(({ name, below }) => [name, below])
  assert.deepEqual(found, [['a.test', undefined]])
  const outer = foreignNames(shown, new Set(['*.test', '*.a.test']))
  assert.deepEqual(
    outer.map(({ name, below }) => [name, below]),
    [
      ['*.b.a.test', '*.a.test'],
      ['a.test', '*.test'],
      ['x.a.test', '*.a.test'],
    ],
  )
})
