import assert from 'node:assert/strict'
import { BlockList, isIP } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { isInside, networkText, parseNetwork } from './network.ts'

const v4 = fc.tuple(fc.ipV4(), fc.nat(32)).map(([address, length]) => `${address}/${length}`)
const v6 = fc.tuple(fc.ipV6(), fc.nat(128)).map(([address, length]) => `${address}/${length}`)

test('who is inside a network is who the platform says is', () => {
  fc.assert(
    fc.property(fc.oneof(v4, v6), fc.oneof(fc.ipV4(), fc.ipV6()), (network, address) => {
      const [base = '', length = ''] = network.split('/')
      // The platform calls an address of version 4 one of version 6 as well; nginx does not.
      fc.pre(isIP(base) === isIP(address))
      fc.pre(![base, address].some((it) => /^[0:]*:ffff:/i.test(it)))
      const list = new BlockList()
      list.addSubnet(base, Number(length), isIP(base) === 4 ? 'ipv4' : 'ipv6')
      const expected = list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
      assert.equal(isInside([network], address), expected)
    }),
  )
})

test('a network has one text, whose network is the same', () => {
  fc.assert(
    fc.property(fc.oneof(v4, v6), (network) => {
      const parsed = parseNetwork(network) ?? assert.fail()
      assert.deepEqual(parseNetwork(networkText(parsed)), parsed)
    }),
  )
})

const texts = [
  ['10.1.2.3/8', '10.0.0.0/8'],
  ['10.1.2.3', '10.1.2.3/32'],
  ['0.0.0.0/0', '0.0.0.0/0'],
  ['fd00::1/8', 'fd00:0:0:0:0:0:0:0/8'],
  ['::1', '0:0:0:0:0:0:0:1/128'],
  ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
  ['::/0', '0:0:0:0:0:0:0:0/0'],
] as const

for (const [text, expected] of texts) {
  test(`${text} is ${expected}`, () => {
    assert.equal(networkText(parseNetwork(text) ?? assert.fail()), expected)
  })
}

test('what is no network is none', () => {
  for (const text of [
    '',
    '/8',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0/8',
    '1.2.3.4/8/8',
    'fe80::1%e/64',
  ])
    assert.equal(parseNetwork(text), undefined, text)
  for (const text of [
    ':',
    ':::',
    '1::2::3',
    '::1.2.3',
    '::ffff:1.2.3.4/64',
    'g::/8',
    '10.0.0.0/-1',
  ])
    assert.equal(parseNetwork(text), undefined, text)
})
