import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calm, eventually, throughout } from './eventually.ts'

test('an answer is waited for and returned', async () => {
  let asked = 0
  const answer = await eventually('the third', () => (++asked < 3 ? undefined : asked), {
    withinMs: 1_000,
  })
  assert.equal(answer, 3)
})

test('what never comes fails with what was waited for and why it was not there', async () => {
  const probe = (): undefined => {
    throw new Error('nobody listens')
  }
  await assert.rejects(
    eventually('a route', probe, { withinMs: 30 }),
    /not within 30 ms: a route: nobody listens/,
  )
})

test('what has to hold is asked for as long as the action takes', async () => {
  let holds = true
  await throughout('it holds', () => assert.ok(holds), calm(20))
  await assert.rejects(
    throughout(
      'it holds',
      () => assert.ok(holds),
      async () => {
        holds = false
        await calm(150)()
      },
    ),
    /not throughout: it holds/,
  )
})
