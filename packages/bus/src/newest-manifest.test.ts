import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKey } from './identity.ts'
import { NewestManifest } from './newest-manifest.ts'
import { signWith } from './nkey.ts'

const sign = signWith(createKey().seed)
const stored = (seq: number, body: string) => ({ seq, text: JSON.stringify(sign('table', body)) })

test('of several only the newest is shown, once', () => {
  const newest = new NewestManifest()
  newest.pushed(stored(1, 'one'))
  newest.pushed(stored(2, 'two'))

  assert.equal(newest.take()?.body, 'two')
  assert.equal(newest.take(), undefined)
})

test('a poll from a copy that lags is not shown', () => {
  const newest = new NewestManifest()
  newest.pushed(stored(2, 'two'))
  newest.take()

  newest.polled(stored(1, 'one'))
  assert.equal(newest.take(), undefined)
  newest.polled(stored(2, 'two'))
  assert.equal(newest.take()?.body, 'two')
})

test('two polls in a row that say the same lower sequence mean that the stream was wiped', () => {
  const newest = new NewestManifest()
  newest.pushed(stored(9, 'old'))
  newest.take()

  newest.polled(stored(1, 'new'))
  newest.polled(stored(1, 'new'))

  assert.equal(newest.take()?.body, 'new')
})

test('what is no signed statement is not shown', () => {
  const newest = new NewestManifest()
  newest.pushed({ seq: 1, text: '' })

  assert.equal(newest.take(), undefined)
})
