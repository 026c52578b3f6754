import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { withShare } from './canary.ts'
import type { Peer } from './peers.ts'

const peer = (name: string, weight: number, isBackup = false): Peer => ({
  peer: name,
  weight,
  isBackup,
  connectionsMax: undefined,
  token: '',
})
const weights = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 30 })

test('the second service gets its percentage, whatever both of them look like', () => {
  fc.assert(
    fc.property(weights, weights, fc.integer({ min: 1, max: 99 }), (own, other, percent) => {
      const shared = withShare(
        own.map((weight, at) => peer(`a${at}`, weight)),
        other.map((weight, at) => peer(`b${at}`, weight)),
        percent,
        100,
      )
      const sum = (sign: string) =>
        shared.reduce((all, it) => all + (it.peer.startsWith(sign) ? it.weight : 0), 0)
      const share = (100 * sum('b')) / (sum('a') + sum('b'))
      assert.ok(Math.abs(share - percent) < 1, `${share} instead of ${percent}`)
    }),
  )
})

test('equal endpoints have small weights', () => {
  const shared = withShare([peer('a', 1), peer('b', 1), peer('c', 1)], [peer('d', 5)], 10, 10)
  assert.deepEqual(
    shared.map(({ weight }) => weight),
    [3, 3, 3, 1],
  )
})

test('the backups of the first one stay, those of the second one do not', () => {
  const shared = withShare(
    [peer('a', 1), peer('b', 1, true)],
    [peer('c', 1), peer('d', 1, true)],
    50,
    1,
  )
  assert.deepEqual(shared, [peer('a', 1), peer('b', 1, true), peer('c', 1)])
})
