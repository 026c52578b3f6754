import assert from 'node:assert/strict'
import { test } from 'node:test'
import { composeNames, splitLabels } from './labels.ts'

test('a thousand annotations do not push out what routes', () => {
  const notes = Array.from({ length: 1_000 }, (_, n) => [`a.${n}`, 'x'])
  const { own } = splitLabels({ ...Object.fromEntries(notes), 'roadstead.host': 'z.test' }, {})
  assert.equal(Object.keys(own).length, 256)
  assert.equal(own['roadstead.host'], 'z.test')
})

test('a plain run of an image that Compose built does not join its service', () => {
  const built = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' }
  assert.deepEqual(composeNames(built), {})
  assert.deepEqual(composeNames({ ...built, 'com.docker.compose.config-hash': 'x' }), {
    project: 'shop',
    composeService: 'web',
  })
})
