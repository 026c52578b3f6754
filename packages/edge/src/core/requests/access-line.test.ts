import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readAccessLine } from './access-line.ts'

const tag = 'rs0123456789abcdef01234567'

function line(more: Partial<Record<'r' | 's' | 't' | 'u' | 'a', string>> = {}, by = tag): string {
  const usual = { r: 'shop.test prefix /', s: '200', t: '0.012', u: '0.010', a: '10.0.0.1:80' }
  const { r, s, t, u, a } = { ...usual, ...more }
  return `<190>Nov  2 06:59:59 ${by}: ["${r}",${s},${t},"${u}","${a}"]`
}

test('a line of nginx is a request that has ended', () => {
  assert.deepEqual(readAccessLine(line(), tag), {
    route: 'shop.test prefix /',
    status: 200,
    ms: 12,
    endpoint: { address: '10.0.0.1:80', ms: 10 },
    failed: [],
  })
})

test('who was asked last has answered; those before did not', () => {
  const text = line({ u: '0.000, 0.001, 0.004', a: '10.0.0.1:80, [fd00::1]:80, 10.0.0.3:8080' })
  const ended = readAccessLine(text, tag)
  assert.deepEqual(ended?.endpoint, { address: '10.0.0.3:8080', ms: 4 })
  assert.deepEqual(ended?.failed, ['10.0.0.1:80', '[fd00::1]:80'])
})

test('a request that no endpoint was asked for has none', () => {
  assert.equal(readAccessLine(line({ u: '', a: '' }), tag)?.endpoint, undefined)
  const nobodyLeft = line({ s: '502', u: '0.000', a: 'u_0123456789abcdef' })
  assert.equal(readAccessLine(nobodyLeft, tag)?.endpoint, undefined)
})

test('whoever does not know the tag is not believed', () => {
  assert.equal(readAccessLine(line({}, 'rs'), tag), undefined)
  assert.equal(readAccessLine(line({}, tag.replace('7', '8')), tag), undefined)
})

const refused: Readonly<Record<string, string>> = {
  'another field': line().replace(']', ',"x"]'),
  'a quote in the name': line({ r: 'a\\"b' }),
  'a control character': line({ r: 'a\u0007b' }),
  'a status of two digits': line({ s: '20' }),
  'a negative time': line({ t: '-0.001' }),
  'a time without end': line({ t: `${'9'.repeat(400)}.000` }),
  'two lines': `${line()}\n${line()}`,
  'too long': line({ r: 'x'.repeat(3_000) }),
  'no head': line().slice(5),
  nothing: '',
}

for (const [what, text] of Object.entries(refused)) {
  test(`refused: ${what}`, () => assert.equal(readAccessLine(text, tag), undefined))
}

test('whatever is in a datagram, it is a whole request or none', () => {
  const near = fc
    .tuple(fc.nat(line().length), fc.string({ maxLength: 3 }), fc.nat(4))
    .map(([at, text, cut]) => line().slice(0, at) + text + line().slice(at + cut))
  fc.assert(
    fc.property(fc.oneof(near, fc.string({ unit: 'binary' })), (text) => {
      const ended = readAccessLine(text, tag)
      if (ended === undefined) return
      assert.ok(Number.isSafeInteger(ended.status) && Number.isSafeInteger(ended.ms))
      assert.match(ended.route, /^[A-Za-z0-9_.:/~=* -]+$/)
    }),
    { numRuns: 5_000 },
  )
})
