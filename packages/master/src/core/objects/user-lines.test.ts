import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { changedUsers, sortedUsers } from './user-lines.ts'

const ann = 'ann:$apr1$salt$0123456789abcdef012345'
const bob = `bob:$2b$05$${'a'.repeat(53)}`

test('users are sorted by name, with every hash that nginx checks', () => {
  const cat = `cat:$6$salt$${'b'.repeat(86)}`
  const dan = 'dan:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ='
  assert.deepEqual(sortedUsers([dan, bob, cat, ann]), [ann, bob, cat, dan])
})

const refusals = {
  'a word instead of a hash': 'ann:hunter2',
  'a hash of the old kind, which looks like a word': 'ann:rqXexS6ZhobKA',
  'a marked word': 'ann:{PLAIN}hunter2',
  'a hash that stops a worker': `ann:$2b$14$${'a'.repeat(53)}`,
  'no name': ':$apr1$x$y',
  'a line feed': 'ann:$apr1$x$y\nbob:{PLAIN}x',
  'a third field': 'ann:$apr1$x$y:comment',
}
for (const [what, line] of Object.entries(refusals)) {
  test(`${what} is refused, and not quoted`, () => {
    assert.throws(
      () => sortedUsers([line]),
      (error) => error instanceof RoadsteadError && !/hunter2|rqX|\$2b|\$apr1/.test(error.message),
    )
  })
}

test('a user who is there twice, and one too many, are refused', () => {
  assert.throws(() => sortedUsers([ann, ann]), /twice/)
  const many = Array.from({ length: 501 }, (_, at) => `u${at}:$apr1$x$y`)
  assert.throws(() => sortedUsers(many), /at most 500/)
})

test('some users change, and the others stay', () => {
  const newer = 'ann:$apr1$other$hash'
  assert.deepEqual(changedUsers([ann, bob], { set: [newer], remove: [] }), [bob, newer])
  assert.deepEqual(changedUsers([ann, bob], { set: [], remove: ['ann'] }), [bob])
})
