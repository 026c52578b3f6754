import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bell } from './bell.ts'

const never = new AbortController().signal

test('many rings while nobody waits are one', async () => {
  const bell = new Bell()
  bell.ring()
  bell.ring()
  await bell.rung(never)

  let second = false
  const stop = new AbortController()
  const waiting = bell.rung(stop.signal).then(() => {
    second = true
  })
  await Promise.resolve()
  assert.equal(second, false)
  stop.abort()
  await waiting
})

test('a ring during a wait ends it', async () => {
  const bell = new Bell()
  const waiting = bell.rung(never)
  bell.ring()
  await waiting
})

test('an aborted wait returns at once and leaves no listener behind', async () => {
  const bell = new Bell()
  const stop = new AbortController()
  stop.abort()
  await bell.rung(stop.signal)
})
