import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PublicKey } from '@roadstead/shared/kernel/ids.ts'
import { expiryWarnings } from './expiry.ts'
import type { ObjectDecision } from './kept-objects.ts'

const now = Date.parse('2026-06-01T00:00:00.000Z')
const DAY_MS = 86_400_000

function certificate(name: string, leftDays: number, names = [`${name}.test`]): ObjectDecision {
  return {
    kind: 'object',
    name,
    version: '0'.repeat(16),
    facts: {
      object: 'certificate',
      names,
      notBefore: new Date(0).toISOString(),
      notAfter: new Date(now + leftDays * DAY_MS).toISOString(),
      issuer: 'x',
      fingerprint: 'AA',
    },
    sealed: {
      v: 1,
      sender: 'AAAA',
      keys: [{ to: PublicKey.parse(`U${'A'.repeat(55)}`), wrapped: 'AAAA' }],
      text: 'AAAA',
    },
    by: 'ann',
    since: '',
  }
}

const warned = (...kept: readonly ObjectDecision[]) =>
  expiryWarnings(new Map(kept.map((it) => [`d.object.certificate.${it.name}`, it])), now)

test('a certificate is warned of a month before its end, then a week, then after it', () => {
  const said = (days: number) => warned(certificate('a', days))[0]?.what
  assert.equal(said(31), undefined)
  assert.equal(said(30), 'Certificate a (a.test) expires in 30 days, on 2026-07-01T00:00:00.000Z.')
  assert.match(said(6.5) ?? '', /expires within 7 days, on 2026-06-07T12/)
  assert.match(said(0) ?? '', /expired on 2026-06-01T00:00:00.000Z; visitors are turned away/)
  assert.match(said(-3) ?? '', /expired on 2026-05-29/)
})

test('the most urgent comes first, and a long list of names is cut', () => {
  const many = ['a.test', 'b.test', 'c.test', 'd.test', 'e.test']
  const [first, second] = warned(certificate('later', 20, many), certificate('sooner', 2))
  assert.match(first?.what ?? '', /^Certificate sooner/)
  assert.match(second?.what ?? '', /\(a\.test, b\.test, c\.test, and 2 more\)/)
  assert.match(second?.remedy ?? '', /roadstead certificates set later --cert FILE --key FILE/)
})
