/** The short form; `npm run chaos -- fuzz` is the long one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzz } from './fuzz.ts'

const SEED = 20_261_122
const VALUES = 20_000
const ROUTES = 1_000

test(`of ${VALUES} values none does more than it says, and ${ROUTES} are served by nginx`, async (t) => {
  const { harm, routes, streams, taken } = await fuzz({
    seed: SEED,
    values: VALUES,
    routes: ROUTES,
  })
  t.diagnostic(`${taken} were taken, and ${streams} streams read by nginx`)
  assert.deepEqual(harm, [])
  assert.ok(routes >= ROUTES && taken > VALUES / 100, `${taken} taken, ${routes} served`)
  assert.ok(streams > ROUTES / 20, `${streams} streams`)
})
