import { eventually } from '../../rig/eventually.ts'
import { play } from '../../rig/play.ts'
import type { Rig } from '../../rig/rig.ts'
import { type Crowd, isServed, turning } from './crowd.ts'
import { type Load, loadOf, since } from './load.ts'
import { Watch } from './watch.ts'

const OVER_MS = 1_000
/** From the last event until everything is in force, on two cores that also run everything else. */
export const SETTLES_MS_MAX = 12_000
const FILLED_MS_MAX = 10_000

/** What a thousand events in a second came to. */
export interface Burst {
  readonly events: number
  readonly tookMs: number
  /** For each container that came or went, from its event to the first answer by a table that shows it. */
  readonly inForceMs: readonly number[]
  readonly reloads: number
  readonly tables: number
  /** How long each hand had what came into force, by its name. */
  readonly hands: Readonly<Record<string, readonly number[]>>
  readonly load: Load
}

/**
 * Turns a crowd within a second. "In force" is when the edge's nginx first answered with a table that
 * shows what an event said.
 */
export async function burst(rig: Rig, host: string, crowd: Crowd): Promise<Burst> {
  const served = (): Promise<true> => isServed(rig, crowd)
  await eventually('all that runs is served', served, { withinMs: FILLED_MS_MAX })
  await using watch = await Watch.begin(rig)
  const { nginx: before } = await watch.latest()
  const { tables } = watch
  const load = loadOf(rig)

  const played = await play(rig.host(host).engine, { steps: turning(crowd), overMs: OVER_MS })

  await eventually('all are in force', () => watch.hasTurned(crowd), { withinMs: SETTLES_MS_MAX })
  const { nginx: after } = await watch.latest()
  return {
    events: played.events.length,
    tookMs: played.tookMs,
    inForceMs: watch.inForceMs(played, crowd),
    reloads: after.reloads - before.reloads,
    tables: watch.tables - tables,
    hands: watch.hands(),
    load: since(load, loadOf(rig)),
  }
}
