import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { beginSearch, learnTrial, nextTrial } from './quarantine.ts'

/** Runs a search to its end; `takes` stands for nginx. */
function search(routes: readonly string[], takes: (tried: readonly string[]) => boolean) {
  let found = beginSearch(routes)
  for (let trial = nextTrial(found); trial !== undefined; trial = nextTrial(found)) {
    found = learnTrial(found, takes(trial))
  }
  return found
}

const many = Array.from({ length: 1_000 }, (_, at) => `r${at}`)

test('one guilty route of a thousand is found in about twenty tests', () => {
  const found = search(many, (tried) => !tried.includes('r617'))
  assert.deepEqual(found.guilty, ['r617'])
  assert.ok(found.tests <= 21, `${found.tests} tests`)
})

test('of two routes that only together are bad, one is blamed', () => {
  const found = search(many, (tried) => !(tried.includes('r3') && tried.includes('r900')))
  assert.equal(found.guilty.length, 1)
  assert.equal(found.passed.length, 999)
})

test('any set of guilty routes is found, and the rest passes as a whole', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.array(fc.nat(59), { maxLength: 6 }),
      (size, bad) => {
        const routes = many.slice(0, size)
        const guilty = new Set(bad.map((at) => `r${at}`).filter((it) => routes.includes(it)))
        const found = search(routes, (tried) => !tried.some((it) => guilty.has(it)))
        assert.deepEqual(new Set(found.guilty), guilty)
        assert.equal(found.passed.length, size - guilty.size)
      },
    ),
  )
})

test('the number of tests is limited: what is still suspected then stays outside', () => {
  const found = search(many, (tried) => tried.every((it) => Number(it.slice(1)) % 2 === 0))
  assert.ok(found.tests <= 201, `${found.tests} tests`)
  assert.ok(found.passed.every((it) => Number(it.slice(1)) % 2 === 0))
  assert.equal(found.passed.length + found.guilty.length, many.length)
})
