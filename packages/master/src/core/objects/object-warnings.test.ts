import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EdgeId, InstanceId, PublicKey, SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import { ObjectTrouble } from '@roadstead/shared/protocol/kept-object.ts'
import { PathPattern, RouteDomain } from '@roadstead/shared/protocol/route.ts'
import type { ObjectDecision } from './kept-objects.ts'
import {
  missingWarnings,
  sealedWarnings,
  troubleWarnings,
  unshownWarnings,
} from './object-warnings.ts'

const own = PublicKey.parse(`U${'A'.repeat(55)}`)
const other = PublicKey.parse(`U${'B'.repeat(55)}`)
const team: ObjectDecision = {
  kind: 'object',
  name: 'team',
  version: '0'.repeat(16),
  facts: { object: 'users', names: ['ann'] },
  sealed: { v: 1, sender: 'AAAA', keys: [{ to: own, wrapped: 'AAAA' }], text: 'AAAA' },
  by: 'ann',
  since: '',
}
const kept = new Map([['d.object.users.team', team]])

test('users that a route asks for and nobody has set are named once, with the route', () => {
  const route = (auth: string) => ({
    domain: RouteDomain.parse('a.test'),
    path: PathPattern.parse('/x'),
    settings: { auth },
  })
  const routes = [route('team'), route('tema'), route('tema')]
  assert.deepEqual(
    missingWarnings(kept, routes).map(({ what }) => what),
    ['Route a.test/x asks for users tema, which nobody has set, and answers 503.'],
  )
})

test('a master that holds no key for an object says so', () => {
  assert.deepEqual(sealedWarnings(kept, own), [])
  assert.match(sealedWarnings(kept, other)[0]?.what ?? '', /holds no key for users team/)
})

test('each trouble of an edge has a remedy, but for what is on its way or gone', () => {
  for (const trouble of ObjectTrouble.options) {
    const [warning] = troubleWarnings(kept, edgeWith('team', trouble))
    if (trouble === 'not-stored') assert.equal(warning, undefined)
    else assert.match(warning?.what ?? '', new RegExp(`^Edge front .* users team: ${trouble}\\.$`))
  }
  assert.deepEqual(troubleWarnings(kept, edgeWith('gone', 'broken')), [])
})

test('certificates are kept, and an edge has no port with TLS', () => {
  const facts = {
    object: 'certificate' as const,
    names: ['shop.test'],
    notBefore: '2026-01-01T00:00:00.000Z',
    notAfter: '2027-01-01T00:00:00.000Z',
    issuer: 'Test',
    fingerprint: 'AB',
  }
  const shop: ObjectDecision = { ...team, name: 'shop', facts }
  const withIt = new Map([...kept, ['d.object.certificate.shop', shop]])
  const edges = new Map([
    ['front', { status: { name: 'front' } }],
    ['back', { status: { name: 'back', httpsPort: 443 } }],
  ])
  assert.deepEqual(unshownWarnings(kept, edges), [])
  const [warning, ...others] = unshownWarnings(withIt, edges)
  assert.match(warning?.what ?? '', /^Edge front has no port with TLS/)
  assert.match(warning?.remedy ?? '', /ROADSTEAD_HTTPS_PORT/)
  assert.deepEqual(others, [])
})

function edgeWith(name: string, trouble: ObjectTrouble) {
  const status: EdgeStatus = {
    v: 1,
    site: SiteId.parse('main'),
    edge: EdgeId.parse('front'),
    instance: InstanceId.parse('i'),
    name: 'front',
    addresses: [],
    httpPort: 80,
    epochMax: 1,
    outcome: { kind: 'none' },
    tier: 'live',
    tierReason: '',
    nginx: { version: '1.22.1', running: true, reloads: 0, oldGenerations: 0 },
    quarantined: [],
    checks: [],
    objects: [{ kind: 'users', name, trouble }],
    sentAtMs: 0,
  }
  return new Map([['front', { status }]])
}
