import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RouteDomain, ServiceKey } from '@roadstead/shared/protocol/route.ts'
import { fleetOf, OCTETS } from './fleet.ts'

const loopback = { kind: 'loopback', firstOctet: OCTETS.last } as const
const fleet = fleetOf({ hosts: 260, containers: 60 }, loopback)
const containers = fleet.flatMap((host) => host.containers)

test('every container has a name and a place of its own, and those of a host have one address', () => {
  const places = containers.map(({ published }) => `${published.address}:${published.port}`)
  assert.equal(new Set(places).size, 260 * 60)
  assert.equal(new Set(containers.map(({ name }) => name)).size, 260 * 60)
  for (const host of fleet) {
    assert.equal(new Set(host.containers.map(({ published }) => published.address)).size, 1)
  }
  for (const { published } of containers) {
    for (const octet of published.address.split('.')) assert.ok(Number(octet) <= 255)
  }
})

test('whoever is alone has a domain that nobody else has; pools span hosts', () => {
  const alone = containers.filter(({ pooled }) => !pooled)
  assert.equal(new Set(alone.map(({ domain }) => domain)).size, alone.length)
  const pool = containers.filter(({ domain }) => domain === 'pool-1-3.simulated.localhost')
  assert.equal(pool.length, 10)
  assert.equal(new Set(pool.map(({ host }) => host)).size, 10)
  for (const { domain } of containers) assert.ok(RouteDomain.safeParse(domain).success, domain)
})

test('guests of a federation have one address, a port each, and names that nobody else can have', () => {
  const place = {
    kind: 'guest',
    fleet: 'simulated-7f',
    address: '10.0.0.5',
    firstPort: 20_000,
  } as const
  const guests = fleetOf({ hosts: 12, containers: 10 }, place).flatMap((host) => host.containers)
  assert.deepEqual(
    guests.map(({ published }) => published.port),
    guests.map((_, at) => 20_000 + at),
  )
  for (const { domain, host, labels, name } of guests) {
    assert.match(domain, /\.simulated-7f\.simulated\.example$/)
    const service = labels['roadstead.service'] ?? name
    for (const text of [host, name, service]) assert.match(text, /^simulated-7f-/)
    assert.ok(RouteDomain.safeParse(domain).success, domain)
    assert.ok(ServiceKey.safeParse(service).success, service)
  }
})
