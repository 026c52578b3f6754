import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { Authority, type Pair } from '../testing/authority.ts'
import { readCertificate } from './read-certificate.ts'

describe('a certificate at the door', () => {
  const authority = new Authority()
  const stranger = new Authority()
  after(() => {
    authority[Symbol.dispose]()
    stranger[Symbol.dispose]()
  })
  const names = 'DNS:b.test, DNS:*.A.test, IP:192.0.2.1, DNS:b.test'
  const good = authority.sign({ names, days: 90 })
  const read = (pair: Pair) => readCertificate(pair, clock.wallMs())
  const refused = (pair: Pair): string => {
    try {
      read(pair)
    } catch (error) {
      assert.ok(error instanceof RoadsteadError && error.code === 'bad-certificate')
      const body = pair.key.split('\n')[1] ?? 'nothing'
      assert.ok(!error.message.includes(body), 'a key is in the message')
      return error.message
    }
    return assert.fail('it was taken')
  }

  test('is read: its names, its time, who signed it', () => {
    const { facts } = read(good)
    assert.deepEqual(facts.names, ['*.a.test', 'b.test'])
    assert.equal(facts.issuer, 'test authority')
    assert.equal(facts.fingerprint, new X509Certificate(good.chain).fingerprint256)
    const days = (Date.parse(facts.notAfter) - clock.wallMs()) / 86_400_000
    assert.ok(days > 89.9 && days < 90.1, `${days}`)
  })

  test('comes with those that signed it, and with nothing else that was in the file', () => {
    const chain = `subject=/CN=x\n${good.chain}\nsome words\n${authority.certificate}`
    const { content } = read({ chain, key: `Bag attributes\n${good.key}` })
    const expected = [good.chain, authority.certificate].map((it) => new X509Certificate(it))
    assert.equal(content.chain, expected.map(String).join(''))
    assert.match(content.key, /^-----BEGIN PRIVATE KEY-----\n[^-]+-----END PRIVATE KEY-----\n$/)
  })

  test('is refused with a key that is not its own, and whose it is, is said', () => {
    const other = authority.sign({ names })
    assert.match(refused({ chain: good.chain, key: other.key }), /not that of the certificate/)
    const chain = other.chain + good.chain
    assert.match(refused({ chain, key: good.key }), /that of certificate 2 in the file/)
  })

  test('is refused where the one after it did not sign it', () => {
    const chain = good.chain + stranger.certificate
    assert.match(refused({ chain, key: good.key }), /certificate 1 is not signed by the one after/)
    const twice = good.chain + authority.certificate + good.chain
    assert.match(refused({ chain: twice, key: good.key }), /certificate 2 is not signed/)
  })

  test('is refused after its time and before', () => {
    const old = authority.sign({ names, from: -20, days: 10 })
    assert.match(refused(old), /certificate 1 expired on 20/)
    const early = authority.sign({ names, from: 2, days: 10 })
    assert.match(refused(early), /certificate 1 counts only from 20/)
  })

  test('is refused when it names nobody that a route can be for', () => {
    for (const none of ['', 'IP:192.0.2.1', 'DNS:*']) {
      assert.match(refused(authority.sign({ names: none })), /names nobody/, none)
    }
  })

  test('is refused with a key that asks for a password, that nginx refuses, or that is none', () => {
    const behind = { chain: good.chain, key: authority.encrypted(good.key) }
    assert.match(refused(behind), /asks for a password/)
    assert.match(refused(authority.sign({ names, rsaBits: 1_024 })), /1024 bits/)
    assert.match(refused({ chain: good.chain, key: good.chain }), /no private key/)
    assert.match(refused({ chain: good.key, key: good.key }), /no certificate/)
  })

  test('is refused when it cannot be read, or when others come along', () => {
    const broken = good.chain.replace(/\n\w{8}/, '\nAAAAAAAA')
    assert.match(refused({ chain: broken, key: good.key }), /certificate 1 cannot be read/)
    const bundle = good.chain.repeat(11)
    assert.match(refused({ chain: bundle, key: good.key }), /more than 10 certificates/)
  })
})
