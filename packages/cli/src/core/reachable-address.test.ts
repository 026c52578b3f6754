import assert from 'node:assert/strict'
import { test } from 'node:test'
import { localHost, reachableAddress } from './reachable-address.ts'

test('a loopback address becomes that of the master which was reached', () => {
  const far = 'https://m1.example.com:7070'

  assert.equal(reachableAddress('nats://127.0.0.1:4222', far), 'nats://m1.example.com:4222')
  assert.equal(
    reachableAddress('tls://localhost:4222', 'http://10.0.0.5:7070'),
    'tls://10.0.0.5:4222',
  )
  assert.equal(
    reachableAddress('nats://[::1]:4222', 'http://[2001:db8::1]:7070'),
    'nats://[2001:db8::1]:4222',
  )
})

test('an address that is not loopback, or a master on this machine, changes nothing', () => {
  const cluster = 'nats://n1.example.com:4222,nats://n2.example.com:4222'

  assert.equal(reachableAddress(cluster, 'https://m1.example.com'), cluster)
  assert.equal(
    reachableAddress('nats://127.0.0.1:4222', 'http://127.0.0.1:7070'),
    'nats://127.0.0.1:4222',
  )
})

test('a listener on all addresses is reached on loopback from its own machine', () => {
  assert.equal(localHost('0.0.0.0'), '127.0.0.1')
  assert.equal(localHost('::'), '[::1]')
  assert.equal(localHost('2001:db8::1'), '[2001:db8::1]')
  assert.equal(localHost('10.0.0.5'), '10.0.0.5')
})
