import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKey } from '@roadstead/bus/identity.ts'
import { openWith, seal } from '@roadstead/bus/sealed-box.ts'
import { type ObjectMention, objectContext } from '@roadstead/shared/protocol/kept-object.ts'
import { openedObject } from './opened-object.ts'

const own = createKey()
const doors = { edge: 'e1', open: openWith(own.seed), fits: () => true }
const named = {
  kind: 'users',
  name: 'team',
  version: '0123456789abcdef',
  digest: 'd'.repeat(64),
} as const
const content = { lines: ['ann:$apr1$x$y'] }

test('an object that was sealed for this edge opens as what it was named', () => {
  const opened = openedObject(textOf(content), named, doors)
  const { kind, name, version } = named
  assert.deepEqual(opened, { v: 1, kind, name, version, content })
})

test('an object of another edge, name or version does not open in the place of this one', () => {
  for (const other of [
    textOf(content, { ...named, name: 'others' }),
    textOf(content, { ...named, version: 'f'.repeat(16) }),
    textOf(content, { ...named, kind: 'certificate' }),
    textOf(content, named, 'e2'),
  ]) {
    assert.equal(openedObject(other, named, doors), 'broken')
  }
})

test('what was sealed to another key is told apart from what is broken', () => {
  const text = textOf(content, named, 'e1', createKey().publicKey)
  assert.equal(openedObject(text, named, doors), 'not-for-us')
})

test('what is no object is not read, inside the seal or outside of it', () => {
  for (const text of ['', '{', '{"v":1}', '[]']) {
    assert.equal(openedObject(text, named, doors), 'unreadable', text)
  }
  for (const inside of [{}, { lines: ['no colon'] }, { lines: ['ann:x\nbob:{PLAIN}x'] }, null]) {
    assert.equal(openedObject(textOf(inside), named, doors), 'unreadable')
  }
})

test('a certificate is taken only with the key that belongs to it', () => {
  const pair = { chain: 'a chain', key: 'a key' }
  const certificate = { ...named, kind: 'certificate' } as const
  const text = textOf(pair, certificate)
  const outcomes = [true, false].map((fits) =>
    openedObject(text, certificate, { ...doors, fits: () => fits }),
  )
  assert.equal(outcomes[1], 'key-does-not-fit')
  assert.equal(typeof outcomes[0], 'object')
})

function textOf(
  inside: unknown,
  it: Pick<ObjectMention, 'kind' | 'name' | 'version'> = named,
  edge = 'e1',
  to = own.publicKey,
): string {
  const { kind, name, version } = it
  const sealed = seal([to], JSON.stringify(inside), objectContext(it, edge))
  return JSON.stringify({ v: 1, kind, name, version, sealed })
}
