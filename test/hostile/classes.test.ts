/**
 * What has broken into other proxies, class by class, in every key of every language, through a master's
 * own functions into a real nginx of each tier: through are 0.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { TIERS } from '@roadstead/edge/testing/bench.ts'
import { attacksOf, isTaken } from './attack.ts'
import { withOwnPlaces } from './fleet.ts'
import { PAYLOAD_CLASSES } from './payloads.ts'
import { Range } from './range.ts'

/** Of those that are taken for what they are: a label that says `x` instead of `y`, say. */
const MEMBERS_MAX = 80
const VISITS_MAX = 12

for (const each of PAYLOAD_CLASSES) {
  const seenIn = each.seenIn.join(', ')
  describe(`${each.name} (${seenIn})`, () => {
    const tried = attacksOf(each)
    const taken = tried.filter(isTaken)
    const every = Math.max(1, Math.ceil(taken.length / MEMBERS_MAX))
    const members = taken
      .filter((_, at) => at % every === 0)
      .map((says, at) => withOwnPlaces(says, 'a', at))
    for (const tier of TIERS) {
      test(`${tier}: through are 0`, async (t) => {
        t.diagnostic(
          `${tried.length} tried, ${taken.length} taken for the plain words that they are`,
        )
        assert.deepEqual(await range(tier).harmDoneBy(members, VISITS_MAX), [])
      })
    }
  })
}

const ranges = new Map<string, Range>()
before(async () => {
  for (const tier of TIERS) ranges.set(tier, await Range.open(tier))
})
after(async () => {
  for (const each of ranges.values()) await each[Symbol.asyncDispose]()
})

function range(tier: string): Range {
  const found = ranges.get(tier)
  assert.ok(found)
  return found
}
