import assert from 'node:assert/strict'
import { test } from 'node:test'
import { natsAddressFor } from './nats-address.ts'

test('a loopback address becomes that of the master which was reached', () => {
  const far = 'https://m1.example.com:7070'

  assert.equal(natsAddressFor('nats://127.0.0.1:4222', far), 'nats://m1.example.com:4222')
  assert.equal(
    natsAddressFor('tls://localhost:4222', 'http://10.0.0.5:7070'),
    'tls://10.0.0.5:4222',
  )
  assert.equal(
    natsAddressFor('nats://[::1]:4222', 'http://[2001:db8::1]:7070'),
    'nats://[2001:db8::1]:4222',
  )
})

test('an address that is not loopback, or a master on this machine, changes nothing', () => {
  const cluster = 'nats://n1.example.com:4222,nats://n2.example.com:4222'

  assert.equal(natsAddressFor(cluster, 'https://m1.example.com'), cluster)
  assert.equal(
    natsAddressFor('nats://127.0.0.1:4222', 'http://127.0.0.1:7070'),
    'nats://127.0.0.1:4222',
  )
})
