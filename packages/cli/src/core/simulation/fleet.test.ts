import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RouteDomain } from '@roadstead/shared/protocol/route.ts'
import { fleetOf, OCTETS } from './fleet.ts'

const fleet = fleetOf({ hosts: 260, containers: 60 }, OCTETS.last)
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
