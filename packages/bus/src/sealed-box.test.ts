import assert from 'node:assert/strict'
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import { test } from 'node:test'
import { Sealed } from '@roadstead/shared/protocol/kept-object.ts'
import fc from 'fast-check'
import { montgomeryPoint, montgomeryScalar } from './curve.ts'
import { createKey } from './identity.ts'
import { openWith, seal } from './sealed-box.ts'

const alice = reader()
const bob = reader()
const mallory = reader()
const context = 'roadstead/v1/object\nusers\nteam\n0123456789abcdef\nmasters'

test('each recipient opens it, and nobody else does', () => {
  const sealed = seal([alice.publicKey, bob.publicKey], 'ann:$apr1$x$y', context)
  for (const { open } of [alice, bob]) {
    assert.deepEqual(open(sealed, context), { kind: 'opened', plaintext: 'ann:$apr1$x$y' })
  }
  assert.deepEqual(mallory.open(sealed, context), { kind: 'not-for-us' })
})

test('whoever writes his own name over a recipient’s opens nothing', () => {
  const sealed = seal([alice.publicKey], 'secret', context)
  const stolen = { ...sealed, keys: sealed.keys.map((it) => ({ ...it, to: mallory.publicKey })) }
  assert.deepEqual(mallory.open(stolen, context), { kind: 'broken' })
})

test('in another context it does not open', () => {
  const sealed = seal([alice.publicKey], 'secret', context)
  for (const other of ['', context.replace('users', 'certificate'), `${context} `]) {
    assert.deepEqual(alice.open(sealed, other), { kind: 'broken' }, JSON.stringify(other))
  }
})

test('a text, a key or a sender that was changed by one bit does not open', () => {
  const sealed = seal([alice.publicKey], 'a secret of some length', context)
  const [{ to, wrapped } = assert.fail()] = sealed.keys
  const broken = [
    ...flips(sealed.text).map((text) => ({ ...sealed, text })),
    ...flips(wrapped).map((it) => ({ ...sealed, keys: [{ to, wrapped: it }] })),
    // Not the highest bit, which X25519 leaves out of account.
    ...flips(sealed.sender)
      .slice(0, 255)
      .map((sender) => ({ ...sealed, sender })),
  ]
  for (const it of broken) assert.deepEqual(alice.open(it, context), { kind: 'broken' })
})

test('parts of two texts do not make a third, and half of one is none', () => {
  const one = seal([alice.publicKey], 'one', context)
  const two = seal([alice.publicKey], 'two', context)
  const mixed = [
    { ...one, text: two.text },
    { ...one, keys: two.keys },
    { ...one, sender: two.sender },
    { ...one, text: one.text.slice(0, 8) },
    { ...one, keys: [{ to: alice.publicKey, wrapped: 'AAAA' }] },
  ]
  for (const it of mixed) assert.deepEqual(alice.open(it, context), { kind: 'broken' })
})

test('a sender that agrees on the same with everybody is refused', () => {
  const sealed = seal([alice.publicKey], 'secret', context)
  for (const point of [0, 1]) {
    const sender = Buffer.from([point, ...Array.from({ length: 31 }, () => 0)]).toString('base64')
    assert.deepEqual(alice.open({ ...sealed, sender }, context), { kind: 'broken' })
  }
})

test('the same text sealed twice has nothing in common, and fits its schema', () => {
  const [one, two] = [0, 1].map(() => seal([alice.publicKey], 'secret', context))
  assert.notEqual(one?.text, two?.text)
  assert.notEqual(one?.sender, two?.sender)
  assert.ok(Sealed.safeParse(one).success)
})

test('any text comes back as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, place) => {
      const opened = alice.open(seal([alice.publicKey], text, place), place)
      assert.deepEqual(opened, { kind: 'opened', plaintext: text })
    }),
    { numRuns: 50 },
  )
})

test('the converted halves of a key fit one another, by the platform’s own X25519', () => {
  for (let run = 0; run < 50; run += 1) {
    const signing = generateKeyPairSync('ed25519')
    const seed = tail(signing.privateKey, 'pkcs8')
    const point = montgomeryPoint(tail(signing.publicKey, 'spki'))
    const scalar = x25519Private(montgomeryScalar(seed))
    assert.deepEqual(point, tail(createPublicKey(scalar), 'spki'))
    const other = generateKeyPairSync('x25519')
    assert.deepEqual(
      diffieHellman({ privateKey: scalar, publicKey: other.publicKey }),
      diffieHellman({ privateKey: other.privateKey, publicKey: x25519Public(point) }),
    )
  }
})

test('the base point of one form is the base point of the other', () => {
  const edwards = Buffer.from(`58${'66'.repeat(31)}`, 'hex')
  assert.equal(montgomeryPoint(edwards).toString('hex'), `09${'00'.repeat(31)}`)
})

function reader() {
  const { publicKey, seed } = createKey()
  return { publicKey, open: openWith(seed) }
}

/** Every text that differs from this one in one bit of its bytes. */
function flips(base64: string): string[] {
  const bytes = Buffer.from(base64, 'base64')
  return Array.from({ length: bytes.length * 8 }, (_, bit) => {
    const flipped = Buffer.from(bytes)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    return flipped.toString('base64')
  })
}

function tail(key: KeyObject, type: 'spki' | 'pkcs8'): Buffer {
  const der =
    type === 'spki'
      ? key.export({ format: 'der', type: 'spki' })
      : key.export({ format: 'der', type: 'pkcs8' })
  return der.subarray(-32)
}

function x25519Private(raw: Buffer): KeyObject {
  const head = Buffer.from('302e020100300506032b656e04220420', 'hex')
  return createPrivateKey({ key: Buffer.concat([head, raw]), format: 'der', type: 'pkcs8' })
}

function x25519Public(raw: Buffer): KeyObject {
  const head = Buffer.from('302a300506032b656e032100', 'hex')
  return createPublicKey({ key: Buffer.concat([head, raw]), format: 'der', type: 'spki' })
}
