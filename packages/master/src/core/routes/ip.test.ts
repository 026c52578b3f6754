import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressKind } from './ip.ts'

const CASES = {
  ordinary: ['10.0.0.1', '192.168.1.1', '8.8.8.8', '2001:db8::1', 'fd00::1', '::ffff:10.0.0.1'],
  loopback: [
    '127.0.0.1',
    '127.255.0.1',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
  ],
  unspecified: ['0.0.0.0', '0.1.2.3', '::', '::ffff:0.0.0.0'],
  'link-local': ['169.254.169.254', 'fe80::1', 'febf::1', '::ffff:a9fe:a9fe'],
  multicast: ['224.0.0.1', '239.1.1.1', 'ff02::1'],
  broadcast: ['255.255.255.255', '240.0.0.1'],
}

test('an address is what it is, however it is written', () => {
  for (const [kind, addresses] of Object.entries(CASES)) {
    for (const address of addresses) assert.equal(addressKind(address), kind, address)
  }
})
