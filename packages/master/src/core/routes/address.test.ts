import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EdgeId, HostId } from '@roadstead/shared/kernel/ids.ts'
import { exampleId } from '../examples.ts'
import { addressFor } from './address.ts'
import type { EdgePlace } from './edge-place.ts'
import type { Endpoint, InsideAddress, Reach } from './table.ts'

const alpha = HostId.parse('alpha')
const beta = HostId.parse('beta')

const bridge: InsideAddress = {
  networkId: 'net',
  address: '172.17.0.2',
  spansHosts: false,
  reachableFromHost: true,
}
const overlay: InsideAddress = {
  ...bridge,
  networkId: 'over',
  address: '10.0.9.2',
  spansHosts: true,
}

function endpoint(reach: Partial<Reach>): Endpoint {
  const nowhere: Reach = {
    hostNetwork: false,
    inside: [],
    published: [],
    hostAddresses: ['192.0.2.1', '2001:db8::1'],
    loopbackAllowed: false,
  }
  return {
    host: alpha,
    container: exampleId(1),
    containerName: 'c1',
    port: 80,
    reason: 'routed',
    reach: { ...nowhere, ...reach },
  }
}

function edge(changes: Partial<EdgePlace>): EdgePlace {
  const base = { edge: EdgeId.parse('e'), addresses: ['192.0.2.9'], httpPort: 8080 }
  return { ...base, onHost: false, networks: [], ...changes }
}

const onAlpha = edge({ host: alpha, onHost: true })
const inContainer = edge({ host: alpha, container: exampleId(9), networks: ['net'] })
const onBeta = edge({ host: beta, onHost: true })

/** `address:port`, or the reason why not. */
function way(reach: Partial<Reach>, place: EdgePlace): string {
  const found = addressFor(endpoint(reach), place)
  switch (found.kind) {
    case 'address':
      return `${found.address}:${found.port}`
    case 'address-refused':
      return `refused: ${found.address} ${found.why}`
    default:
      return found.kind
  }
}

const wildcard = [{ address: '0.0.0.0', port: 31_000 }]

test('on the same host the address of the container is used', () => {
  assert.equal(way({ inside: [bridge], published: wildcard }, onAlpha), '172.17.0.2:80')
})

test('a network that the host has no leg in is not reached from it', () => {
  const macvlan = { ...bridge, reachableFromHost: false }
  assert.equal(way({ inside: [macvlan], published: wildcard }, onAlpha), '192.0.2.1:31000')
})

test('an edge in a container goes through a shared network, and only through that', () => {
  assert.equal(way({ inside: [bridge] }, inContainer), '172.17.0.2:80')
  const elsewhere = edge({ host: alpha, container: exampleId(9), networks: ['other'] })
  assert.equal(way({ inside: [bridge], published: wildcard }, elsewhere), '192.0.2.1:31000')
})

test('the same network id on another host is another network, unless it spans hosts', () => {
  const away = edge({ host: beta, container: exampleId(9), networks: ['net', 'over'] })
  assert.equal(way({ inside: [bridge] }, away), 'no-address')
  assert.equal(way({ inside: [bridge, overlay] }, away), '10.0.9.2:80')
})

test('from another host the published port is used, on the advertised address', () => {
  assert.equal(way({ inside: [bridge], published: wildcard }, onBeta), '192.0.2.1:31000')
  const v6 = [{ address: '::', port: 31_000 }]
  assert.equal(way({ published: v6 }, onBeta), '2001:db8::1:31000')
  const bound = [{ address: '198.51.100.7', port: 31_000 }]
  assert.equal(way({ published: bound }, onBeta), '198.51.100.7:31000')
})

test('what is published on loopback counts on that machine only', () => {
  const local = [{ address: '127.0.0.1', port: 31_000 }]
  assert.equal(way({ published: local }, onBeta), 'no-address')
  assert.equal(way({ published: local }, onAlpha), '127.0.0.1:31000')
})

test('a container in the network of its host is reached there', () => {
  assert.equal(way({ hostNetwork: true }, onAlpha), '127.0.0.1:80')
  assert.equal(way({ hostNetwork: true }, inContainer), '192.0.2.1:80')
  assert.equal(way({ hostNetwork: true }, onBeta), '192.0.2.1:80')
})

test('no address of an engine leads into the machine of the edge or to nowhere', () => {
  const published = (address: string) => ({ published: [{ address, port: 31_000 }] })
  const inside = (address: string) => ({ inside: [{ ...bridge, address }] })
  assert.equal(way(inside('127.0.0.1'), onAlpha), 'refused: 127.0.0.1 loopback')
  assert.equal(way(inside('::ffff:127.0.0.1'), onAlpha), 'refused: ::ffff:127.0.0.1 loopback')
  const metadata = '169.254.169.254'
  assert.equal(way(published(metadata), onBeta), `refused: ${metadata} link-local`)
  assert.equal(way(published('224.0.0.1'), onBeta), 'refused: 224.0.0.1 multicast')
  assert.equal(way(published('255.255.255.255'), onBeta), 'refused: 255.255.255.255 broadcast')
})

test('a way that is refused does not hide one that is open', () => {
  const inside = [{ ...bridge, address: '169.254.0.5' }]
  assert.equal(way({ inside, published: wildcard }, onAlpha), '192.0.2.1:31000')
})

test('an edge is never led back into itself', () => {
  const own = [{ address: '192.0.2.9', port: 8080 }]
  assert.equal(way({ published: own }, onBeta), 'refused: 192.0.2.9 the edge itself')
  const loop = { hostNetwork: true, hostAddresses: ['192.0.2.9'] }
  assert.equal(way(loop, { ...onAlpha, httpPort: 80 }), 'refused: 127.0.0.1 the edge itself')
})

test('a simulated engine may be reached on loopback, from anywhere', () => {
  const local = { published: [{ address: '127.0.0.1', port: 31_000 }], loopbackAllowed: true }
  assert.equal(way(local, onBeta), '127.0.0.1:31000')
  const host = { hostNetwork: true, hostAddresses: ['127.0.0.1'], loopbackAllowed: true }
  assert.equal(way(host, onBeta), '127.0.0.1:80')
})
