import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { exampleContainer } from '../../examples.ts'
import { type DialectPolicy, defaultPolicy } from '../policy.ts'
import { readAsks } from './read-asks.ts'

type Texts = Readonly<Record<string, string>>

const native = { 'roadstead.host': 'own.example' }
const traefik = { 'traefik.http.routers.web.rule': 'Host(`traefik.example`)' }
const virtual = { VIRTUAL_HOST: 'virtual.example' }

/** Who is read with what, who is not, and what is said about it. */
function read(
  labels: Texts,
  routingEnvironment: Texts = {},
  changes: Partial<Container> = {},
  dialects: Partial<DialectPolicy> = {},
) {
  const container = exampleContainer(1, { labels, routingEnvironment, ...changes })
  const policy = { ...defaultPolicy, dialects: { ...defaultPolicy.dialects, ...dialects } }
  const reading = readAsks({ container, host: HostId.parse('alpha'), policy, digest: sha256 })
  if (reading === undefined) return undefined
  const { dialect, lost, intents, refusals, remarks } = reading
  return {
    dialect,
    lost: lost.join(' '),
    asked: intents.map(({ domain }) => domain).join(' '),
    refused: refusals.map(({ reason }) => reason).join(' '),
    remarked: remarks.map(({ key }) => key).join(' '),
  }
}

const silent = { refused: '', remarked: '' }

test('the first that asks wins whole', () => {
  assert.deepEqual(read({ ...native, ...traefik }, virtual), {
    dialect: 'roadstead',
    lost: 'traefik nginx-proxy',
    asked: 'own.example',
    ...silent,
  })
  const two = { dialect: 'traefik', lost: 'nginx-proxy', asked: 'traefik.example', ...silent }
  assert.deepEqual(read(traefik, virtual), two)
  const one = { dialect: 'nginx-proxy', lost: '', asked: 'virtual.example', ...silent }
  assert.deepEqual(read({}, virtual), one)
  assert.equal(read({}), undefined)
})

test('the order is the policy’s, for all or for one host', () => {
  const order = ['nginx-proxy', 'traefik'] as const
  assert.equal(read({ ...native, ...traefik }, virtual, {}, { order })?.dialect, 'nginx-proxy')
  assert.equal(read(native, {}, {}, { order }), undefined)
  const orderByHost = { [HostId.parse('alpha')]: order, [HostId.parse('beta')]: [] }
  assert.equal(read(traefik, virtual, {}, { orderByHost })?.dialect, 'nginx-proxy')
})

test('our own switch is above all of them', () => {
  assert.equal(read({ 'roadstead.enable': 'false', ...traefik }, virtual), undefined)
  const unclear = read({ 'roadstead.enable': 'no', ...traefik }, virtual)
  assert.deepEqual([unclear?.asked, unclear?.refused], ['', 'invalid-enable'])
  assert.equal(read({ 'roadstead.enable': 'true', ...traefik })?.dialect, 'traefik')
})

test('who is switched off, or asks by its image alone, does not stand in the way', () => {
  const off = { ...traefik, 'traefik.enable': 'false' }
  assert.equal(read(off, virtual)?.dialect, 'nginx-proxy')
  assert.equal(read(off)?.refused, 'disabled')
  const publisher = { inheritedLabels: { ...native, ...traefik } }
  assert.equal(read({}, virtual, publisher)?.dialect, 'nginx-proxy')
  assert.equal(read({}, {}, publisher)?.refused, 'label-inherited')
  const hidden = { traefikExposedByDefault: false }
  assert.equal(read(traefik, virtual, {}, hidden)?.dialect, 'nginx-proxy')
  assert.equal(read(traefik, {}, {}, hidden)?.refused, 'not-exposed')
})

test('labels of ours that only tune are named where nobody heeds them', () => {
  const tuned = read({ ...traefik, 'roadstead.weight': '3', 'roadstead.enable': 'true' })
  assert.deepEqual([tuned?.dialect, tuned?.remarked], ['traefik', 'roadstead.weight'])
  assert.equal(read({ 'roadstead.weight': '3' })?.refused, 'host-missing')
  // A word that is not known may have been meant to restrict.
  assert.equal(read({ ...traefik, 'roadstead.allwo': '::1' })?.dialect, 'roadstead')
})

test('routes of another language, with what ours adds', () => {
  const labels = {
    ...traefik,
    'roadstead.inherit': 'traefik',
    'roadstead.weight': '3',
    'roadstead.hold': '5s',
  }
  const expected = { dialect: 'traefik', lost: 'nginx-proxy', asked: 'traefik.example', ...silent }
  assert.deepEqual(read(labels, virtual), expected)
  const container = exampleContainer(1, { labels, routingEnvironment: virtual })
  const source = { container, host: HostId.parse('alpha'), policy: defaultPolicy, digest: sha256 }
  const [intent] = readAsks(source)?.intents ?? []
  assert.deepEqual([intent?.endpoint.weight, intent?.holdMs], [3, 5_000])
})

test('to inherit means one that there is, and no route beside it', () => {
  assert.equal(read({ ...traefik, 'roadstead.inherit': 'nginx' })?.refused, 'invalid-value')
  assert.equal(read({ ...traefik, 'roadstead.inherit': 'nginx-proxy' })?.refused, 'host-missing')
  const both = read({ ...traefik, ...native, 'roadstead.inherit': 'traefik' })
  assert.deepEqual([both?.asked, both?.refused], ['', 'incompatible-keys'])
  const bad = read({ ...traefik, 'roadstead.inherit': 'traefik', 'roadstead.weight': 'x' })
  assert.deepEqual([bad?.asked, bad?.refused], ['', 'invalid-weight'])
})

test('what nginx cannot do together is refused in every language', () => {
  const labels = {
    'traefik.http.routers.web.rule': 'Host(`a.example`) && PathPrefix(`/api`)',
    'traefik.http.routers.web.middlewares': 'm',
    'traefik.http.middlewares.m.stripprefix.prefixes': '/api',
    'traefik.http.services.web.loadbalancer.server.port': '80',
    'traefik.http.services.web.loadbalancer.server.scheme': 'h2c',
  }
  assert.equal(read(labels)?.refused, 'incompatible-keys')
})
