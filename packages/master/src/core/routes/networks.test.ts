import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commonNetworks, readNetwork } from './networks.ts'

test('a network is named by its first address', () => {
  assert.equal(readNetwork('10.1.2.3/8'), '10.0.0.0/8')
  assert.equal(readNetwork('192.168.7.129/25'), '192.168.7.128/25')
  assert.equal(readNetwork('192.0.2.1'), '192.0.2.1/32')
  assert.equal(readNetwork('0.0.0.0/0'), '0.0.0.0/0')
  assert.equal(readNetwork('2001:db8:ffff::1/33'), '2001:db8:8000::/33')
  assert.equal(readNetwork('2001:DB8::1'), '2001:db8::1/128')
  assert.equal(readNetwork('fd00::/7'), 'fc00::/7')
})

test('what is no network is none', () => {
  const texts = ['', '/', '/8', '10.0.0.0/33', '10.0.0/8', '010.0.0.0/8', '::/129', 'a.example']
  for (const text of [...texts, '10.0.0.0/8/8', '10.0.0.0/ 8', 'fe80::1%eth0', ' 10.0.0.1']) {
    assert.equal(readNetwork(text), undefined, text)
  }
})

test('two lists have in common what lies in both', () => {
  assert.deepEqual(commonNetworks(['10.0.0.0/8', '192.0.2.0/24'], ['10.1.0.0/16', '::/0']), [
    '10.1.0.0/16',
  ])
  assert.deepEqual(commonNetworks(['10.0.0.0/8'], ['10.0.0.0/8']), ['10.0.0.0/8'])
  assert.deepEqual(commonNetworks(['fc00::/7'], ['fd00::/8', '0.0.0.0/0']), ['fd00::/8'])
  assert.deepEqual(commonNetworks(['10.0.0.0/8'], ['11.0.0.0/8']), [])
})
