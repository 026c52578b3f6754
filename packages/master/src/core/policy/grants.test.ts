import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import fc from 'fast-check'
import { type ClaimPolicy, type Grant, isFor, mayHold } from './grants.ts'

const onAlpha = { host: HostId.parse('alpha') }
const onBeta = { host: HostId.parse('beta') }

function granted(...grants: readonly Grant[]): ClaimPolicy {
  return { kind: 'granted', grants }
}

test('without grants any plain name may be held, and no wildcard', () => {
  assert.ok(mayHold({ kind: 'open' }, onAlpha, 'shop.example.com'))
  assert.ok(!mayHold({ kind: 'open' }, onAlpha, '*.example.com'))
})

test('an empty list of grants denies everything', () => {
  assert.ok(!mayHold(granted(), onAlpha, 'shop.example.com'))
})

test('a name, a suffix and a wildcard are three things', () => {
  const forms = {
    'a.example.com': ['a.example.com'],
    '.example.com': ['a.example.com', 'a.b.example.com'],
    '*.example.com': ['a.example.com', 'a.b.example.com', '*.example.com', '*.b.example.com'],
  }
  const all = ['example.com', 'a.example.com', 'a.b.example.com', '*.example.com']
  for (const [pattern, fitting] of Object.entries(forms)) {
    const policy = granted({ domains: [pattern], hosts: [onAlpha.host] })
    for (const name of [...all, '*.b.example.com', 'a.example.org', 'xexample.com']) {
      assert.equal(mayHold(policy, onAlpha, name), fitting.includes(name), `${pattern} ${name}`)
      assert.ok(!mayHold(policy, onBeta, name))
    }
  }
})

test('the closest entries decide, wherever they stand: a name given away is nobody else’s', () => {
  const policy = granted(
    { domains: ['*.example.com'], hosts: [onAlpha.host] },
    { domains: ['shop.example.com', '.dev.example.com'], hosts: [onBeta.host] },
  )
  assert.ok(!mayHold(policy, onAlpha, 'shop.example.com'))
  assert.ok(mayHold(policy, onBeta, 'shop.example.com'))
  assert.ok(mayHold(policy, onAlpha, 'other.example.com'))
  assert.ok(!mayHold(policy, onAlpha, 'x.dev.example.com'))
  // Nobody was given a wildcard there but by the wider entry.
  assert.ok(mayHold(policy, onAlpha, '*.dev.example.com'))
})

test('an entry for a project on a host needs both', () => {
  const policy = granted({ domains: ['.shop.example'], hosts: [onAlpha.host], projects: ['shop'] })
  const asks = (host: HostId, project?: string) =>
    mayHold(policy, { host, project }, 'a.shop.example')
  assert.ok(asks(onAlpha.host, 'shop'))
  assert.ok(!asks(onAlpha.host, 'other'))
  assert.ok(!asks(onAlpha.host))
  assert.ok(!asks(onBeta.host, 'shop'))
})

test('any list of grants decides as one that is searched from end to end', () => {
  const label = fc.constantFrom('a', 'b')
  const name = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'))
  const pattern = fc.tuple(fc.constantFrom('', '.', '*.'), name).map((parts) => parts.join(''))
  const domain = fc.tuple(fc.constantFrom('', '*.'), name).map((parts) => parts.join(''))
  const host = fc.constantFrom(onAlpha.host, onBeta.host)
  const grant = fc.record({
    hosts: fc.array(host, { maxLength: 2 }),
    domains: fc.array(pattern, { minLength: 1, maxLength: 3 }),
  })
  fc.assert(
    fc.property(fc.array(grant, { maxLength: 5 }), host, domain, (grants, asker, wanted) => {
      assert.equal(
        mayHold(granted(...grants), { host: asker }, wanted),
        slowly(grants, asker, wanted),
      )
    }),
    { numRuns: 2_000 },
  )
})

/** The same by looking at everything: each pattern that fits, and of those the longest. */
function slowly(grants: readonly Grant[], host: HostId, domain: string): boolean {
  const bare = (pattern: string) => pattern.replace(/^\*?\./, '')
  const fits = (pattern: string): boolean => {
    if (pattern === domain) return true
    if (domain.startsWith('*.') && !pattern.startsWith('*.')) return false
    return pattern !== bare(pattern) && domain.endsWith(`.${bare(pattern)}`)
  }
  // A name itself is closer than all that could be below it.
  const closeness = (pattern: string) =>
    bare(pattern).length + (pattern === bare(pattern) ? 0.5 : 0)
  const fitting = grants.flatMap((grant) =>
    grant.domains.filter(fits).map((pattern) => ({ grant, closeness: closeness(pattern) })),
  )
  const closest = Math.max(...fitting.map((each) => each.closeness))
  return fitting.some((each) => each.closeness === closest && isFor(each.grant, { host }))
}
