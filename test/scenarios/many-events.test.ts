/**
 * A thousand events of an engine within a second. Real: the agent, nats-server, two masters, an edge
 * with its nginx, and the programs behind the routes. Simulated: the engine, whose containers need no
 * minute to start.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../rig/eventually.ts'
import { Rig } from '../rig/rig.ts'
import { burst, SETTLES_MS_MAX } from './many-events/burst.ts'
import { gather, isServed, turned } from './many-events/crowd.ts'

const SECOND_MS = 1_000
/** Ten times what a quiet run takes: a machine that runs other tests beside this one must not fail it. */
const IN_FORCE_MS_MAX = { reload: 4_000, live: 3_000 } as const
/** Least time between two reloads, however many events there are. */
const RELOAD_GAP_MS = 150
/** Of one process, by a thousand events: heaps of Node grow in steps of some ten. */
const GROWTH_MB_MAX = 80

for (const tier of ['reload', 'live'] as const) {
  test(`a thousand events in a second end in the right state (${tier} tier)`, async (t) => {
    const engine = 'simulated'
    await using rig = await Rig.start(t, { hosts: ['alpha'], masters: 2, engine, tier })
    const crowd = await gather(rig, 'alpha')
    const seen = await burst(rig, 'alpha', crowd)
    const sorted = seen.inForceMs.toSorted((a, b) => a - b)
    const [p50, p90, p99] = [0.5, 0.9, 0.99].map((share) => at(sorted, share))

    await rig.step('there were a thousand of them, in a second', async () => {
      t.diagnostic(`${seen.events} events in ${Math.round(seen.tookMs)} ms`)
      assert.ok(seen.events >= 1_000, `${seen.events} events`)
      assert.ok(seen.tookMs < 2 * SECOND_MS, `${seen.tookMs} ms`)
    })

    await rig.step('each is in force soon, and reloads stay within their budget', async () => {
      const { reloads, tables } = seen
      t.diagnostic(
        `${tier} tier: event → in force of ${sorted.length}: p50 ${p50} ms, p90 ${p90} ms, ` +
          `p99 ${p99} ms; ${reloads} reloads, ${tables} tables`,
      )
      t.diagnostic(`p90 of each hand: ${handsOf(seen.hands)}`)
      t.diagnostic(`processor time in ms: ${JSON.stringify(seen.load.busyMs)}`)
      assert.ok((p99 ?? Infinity) <= IN_FORCE_MS_MAX[tier], `p99 ${p99} ms`)
      const withinMs = SECOND_MS + (sorted.at(-1) ?? 0)
      const allowed = tier === 'live' ? 0 : Math.ceil(withinMs / RELOAD_GAP_MS) + 1
      assert.ok(reloads <= allowed, `${reloads} reloads, ${allowed} allowed`)
    })

    await rig.step('routes lead to exactly what runs', async () => {
      const right = (): Promise<true> => isServed(rig, turned(crowd))
      await eventually('the right state', right, { withinMs: SETTLES_MS_MAX })
    })

    await rig.step('nobody has grown much', async () => {
      const { residentMb } = seen.load
      t.diagnostic(`grown by MB: ${JSON.stringify(residentMb)}`)
      for (const [name, grownMb] of Object.entries(residentMb)) {
        assert.ok(grownMb <= GROWTH_MB_MAX, `${name}: ${grownMb} MB`)
      }
    })
  })
}

function handsOf(hands: Readonly<Record<string, readonly number[]>>): string {
  const texts = Object.entries(hands).map(([hand, times]) => {
    const sorted = times.toSorted((a, b) => a - b)
    return `${hand} ${Math.round(at(sorted, 0.9) ?? 0)} ms`
  })
  return texts.join(', ')
}

function at(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
}
