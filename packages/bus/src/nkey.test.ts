import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createUser, fromPublic } from '@nats-io/nkeys'
import { signedText } from '@roadstead/shared/protocol/signed.ts'
import { publicKeyOf, signNonce, signWith, verifySigned } from './nkey.ts'

const newSeed = (): string => new TextDecoder().decode(createUser().getSeed())

test('signatures are the same, bit by bit, as those of the nkeys package', () => {
  for (let round = 0; round < 20; round += 1) {
    const pair = createUser()
    const seed = new TextDecoder().decode(pair.getSeed())
    const body = JSON.stringify({ round, text: 'äöü €' })

    const signed = signWith(seed)('table', body)

    const bytes = new TextEncoder().encode(signedText('table', body))
    assert.equal(signed.signature, Buffer.from(pair.sign(bytes)).toString('base64'))
    assert.equal(signed.by, pair.getPublicKey())
    assert.equal(publicKeyOf(seed), pair.getPublicKey())
    assert.ok(fromPublic(signed.by).verify(bytes, Buffer.from(signed.signature, 'base64')))
    const nonce = `nonce ${round}`
    const answer = Buffer.from(pair.sign(new TextEncoder().encode(nonce))).toString('base64')
    assert.equal(signNonce(seed)(nonce), answer)
  }
})

test('a statement is trusted only as it was made, for its purpose, by a trusted key', () => {
  const seed = newSeed()
  const signed = signWith(seed)('command', '{"verb":"ping"}')
  const trusted = [publicKeyOf(newSeed()), publicKeyOf(seed)]

  assert.equal(verifySigned(signed, trusted).kind, 'trusted')
  assert.equal(verifySigned(signed, trusted.slice(0, 1)).kind, 'unknown-signer')
  assert.equal(verifySigned({ ...signed, body: '{"verb":"pong"}' }, trusted).kind, 'bad-signature')
  assert.equal(verifySigned({ ...signed, purpose: 'table' }, trusted).kind, 'bad-signature')
  assert.equal(
    verifySigned({ ...signed, signature: 'A'.repeat(88) }, trusted).kind,
    'bad-signature',
  )
})

test('a seed that is none is refused without being quoted', () => {
  for (const seed of ['', 'SUAX', `${newSeed().slice(0, -1)}!`, createUser().getPublicKey()]) {
    assert.throws(
      () => signWith(seed),
      (error: Error) =>
        error.name === 'RoadsteadError' && (seed === '' || !error.message.includes(seed)),
    )
  }
})
