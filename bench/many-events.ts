/**
 * A thousand events of one engine within a second, and what becomes of them: how long each takes until
 * nginx answers by a table that shows it, and what everybody takes of the processor meanwhile. The
 * engine is simulated, since no real one can do that much in a second; the rest is real.
 */
import type { EdgeTier } from '../test/rig/rig.ts'
import { burst, type Burst } from '../test/scenarios/many-events/burst.ts'
import { gather, turned } from '../test/scenarios/many-events/crowd.ts'
import { type BenchOptions, type BenchResult, inTier, percentiles, summarise } from './bench.ts'
import { federation } from './federation.ts'

/** Bursts after the first one. */
const SAMPLES = 5
const HOST = 'alpha'

export async function run({
  samples = SAMPLES,
  tiers,
}: BenchOptions): Promise<readonly BenchResult[]> {
  const results: BenchResult[] = []
  for (const tier of tiers) {
    const [first, ...later] = await bursts(tier, samples + 1)
    // Programs that have just started have compiled little of themselves yet.
    if (first !== undefined) results.push(inTier(tier, summed('first burst', [first])))
    if (later.length > 0) results.push(inTier(tier, summed('later bursts', later)))
  }
  return results
}

async function bursts(tier: EdgeTier, count: number): Promise<readonly Burst[]> {
  await using rig = await federation({ hosts: [HOST], masters: 2, engine: 'simulated', tier })
  let crowd = await gather(rig, HOST)
  const all: Burst[] = []
  for (let at = 0; at < count; at++) {
    all.push(await burst(rig, HOST, crowd))
    crowd = turned(crowd)
  }
  return all
}

function summed(which: string, all: readonly Burst[]): BenchResult {
  const samples = all.flatMap(({ inForceMs }) => [...inForceMs])
  return summarise(`many-events: event to in force, ${which}`, samples, {
    bursts: all.map(({ events, tookMs, inForceMs, reloads, tables }) => ({
      events,
      tookMs: Math.round(tookMs),
      ...percentiles(inForceMs),
      reloads,
      tables,
    })),
    handsP90: each(all, ({ hands }) =>
      Object.fromEntries(Object.entries(hands).map(([hand, ms]) => [hand, percentiles(ms).p90])),
    ),
    busyMs: each(all, ({ load }) => load.busyMs),
    grownMb: each(all, ({ load }) => load.residentMb),
  })
}

/** The median over all bursts, name by name. */
function each(
  all: readonly Burst[],
  of: (burst: Burst) => Readonly<Record<string, number>>,
): Record<string, number> {
  const records = all.map(of)
  const names = Object.keys(records[0] ?? {})
  return Object.fromEntries(
    names.map((name) => [name, percentiles(records.map((it) => it[name] ?? 0)).p50]),
  )
}
