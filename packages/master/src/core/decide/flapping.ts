import type { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Graph } from '../graph/graph.ts'
import { drainOf, type Flapping, flappingOf } from '../graph/select.ts'
import type { Ask } from '../routes/ask.ts'
import { isReady } from '../routes/eligible.ts'
import { type Ending, fallOf } from './fall.ts'

/**
 * A container that falls out of service again and again costs every edge two changes each time, and
 * visitors a failed request or two. Each fall is worth one point, and points halve every minute: three
 * falls within one minute, or more over a longer time, are too much. Then it makes way for others
 * until it has been ready without a break for a while, which doubles with each further fall.
 *
 * It makes way, and no more: a service that has nobody else keeps it (see `settle.ts`), so nobody is
 * worse off, and no clock has to run for that.
 */
export const HALF_LIFE_MS = 60_000
export const FALLS_MIN = 3
/** What three falls within a half-life are worth at the least; two are always worth less. */
const PENALTY_MAX = 2
export const CALM_MIN_MS = 5_000
export const CALM_MAX_MS = 300_000
/** A fall that is worth so little is forgotten, after some three minutes. */
const FORGOTTEN_PENALTY = 0.1

/** A container that has fallen of late, or is about to. */
export interface Watch {
  readonly host: HostId
  readonly container: ContainerId
  readonly falls: number
  /** As it was at `atMs`. */
  readonly penalty: number
  readonly atMs: number
  /** While it is not known how its run ends. */
  readonly ending: Ending | undefined
  readonly readySinceMs: number | undefined
}

export interface FlapMemory {
  readonly watches: ReadonlyMap<string, Watch>
  /** What was looked at the last time; undefined when a leadership begins. */
  readonly hosts: Graph['hosts'] | undefined
}

export const emptyFlapMemory: FlapMemory = { watches: new Map(), hosts: undefined }

export interface FlapFacts {
  readonly graph: Graph
  readonly asks: ReadonlyMap<HostId, { readonly asks: ReadonlyMap<ContainerId, Ask> }>
  /** Containers that may have changed since the last time. */
  readonly containers: ReadonlyMap<HostId, ReadonlySet<ContainerId>>
  readonly settled: boolean
  readonly nowMs: number
  readonly since: string
}

export interface FlapRuling {
  readonly write: readonly Flapping[]
  readonly drop: readonly Flapping[]
  readonly memory: FlapMemory
}

export function ruleOnFlapping(facts: FlapFacts, memory: FlapMemory): FlapRuling {
  const { graph, nowMs, since, settled } = facts
  const write: Flapping[] = []
  const drop: Flapping[] = []
  const watches = new Map<string, Watch>()
  for (const [key, ref] of refsOf(facts, memory)) {
    const { host, container } = ref
    const decision = flappingOf(graph, host, container)
    const ask = facts.asks.get(host)?.asks.get(container)
    const before = memory.watches.get(key) ?? startWatch(ref, decision, nowMs)
    if (ask === undefined) {
      // While the graph still fills, it may only not have been heard of yet.
      if (decision !== undefined && settled) drop.push(decision)
      if (!settled) watches.set(key, before)
      continue
    }
    const was = memory.hosts?.get(host)?.containers.get(container)
    const isDrained = drainOf(graph, host, container) !== undefined
    const watch = look(before, ask, isDrained ? undefined : was, nowMs)
    const hasFallen = watch.falls > before.falls
    const ruling = rule({ decision, hasFallen, nowMs, since }, watch)
    if (ruling === 'drop' && decision !== undefined) drop.push(decision)
    else if (ruling !== undefined && ruling !== 'drop') write.push(ruling)
    if (decision !== undefined || isWorthwhile(watch, nowMs)) watches.set(key, watch)
  }
  return { write, drop, memory: { watches, hosts: graph.hosts } }
}

interface Ref {
  readonly host: HostId
  readonly container: ContainerId
}

/** Those that changed, those that are watched, and at the beginning those that others found flapping. */
function refsOf(
  { containers, graph }: FlapFacts,
  { hosts, watches }: FlapMemory,
): ReadonlyMap<string, Ref> {
  const refs = new Map<string, Ref>(watches)
  const add = ({ host, container }: Ref): void => {
    refs.set(`${host} ${container}`, { host, container })
  }
  for (const [host, ids] of containers) for (const container of ids) add({ host, container })
  if (hosts !== undefined) return refs
  for (const decision of graph.decisions.values()) if (decision.kind === 'flapping') add(decision)
  return refs
}

/** With the decision of a leader before, and nothing else of what that one knew. */
function startWatch({ host, container }: Ref, known: Flapping | undefined, nowMs: number): Watch {
  const [falls, penalty] = known === undefined ? [0, 0] : [known.falls, PENALTY_MAX]
  const nothing = { ending: undefined, readySinceMs: undefined }
  return { host, container, falls, penalty, atMs: nowMs, ...nothing }
}

function look(before: Watch, ask: Ask, was: Ask['container'] | undefined, nowMs: number): Watch {
  const { container: now, reading } = ask
  const ready = (container: Ask['container']): boolean =>
    reading.intents.some(({ port, pool }) => isReady(container, port, pool.protocol))
  const isReadyNow = ready(now)
  const { ending } = before
  const fall = was && fallOf({ was, wasReady: ready(was), now, isReadyNow, ending, nowMs })
  const hasFallen = fall?.kind === 'fall'
  const readySinceMs = hasFallen ? nowMs : (before.readySinceMs ?? nowMs)
  return {
    ...before,
    ...(hasFallen && {
      falls: before.falls + 1,
      penalty: penaltyAt(before, nowMs) + 1,
      atMs: nowMs,
    }),
    ending: fall?.kind === 'ending' ? fall.ending : undefined,
    readySinceMs: isReadyNow ? readySinceMs : undefined,
  }
}

interface RuleFacts {
  readonly decision: Flapping | undefined
  readonly hasFallen: boolean
  readonly nowMs: number
  readonly since: string
}

/** What to write; `drop` to take the decision back; undefined to leave it. */
function rule(
  { decision, hasFallen, nowMs, since }: RuleFacts,
  { host, container, falls, readySinceMs, ...watch }: Watch,
): Flapping | 'drop' | undefined {
  const isTooMuch = falls >= FALLS_MIN && penaltyAt(watch, nowMs) >= PENALTY_MAX
  const isNews = decision === undefined ? hasFallen && isTooMuch : falls !== decision.falls
  if (isNews) {
    const calmMs = calmMsAfter(falls)
    return { kind: 'flapping', host, container, falls, calmMs, since: decision?.since ?? since }
  }
  const isCalm = readySinceMs !== undefined && nowMs - readySinceMs >= (decision?.calmMs ?? 0)
  return decision !== undefined && isCalm ? 'drop' : undefined
}

export function calmMsAfter(falls: number): number {
  return Math.min(CALM_MAX_MS, CALM_MIN_MS * 2 ** Math.max(0, falls - FALLS_MIN))
}

function penaltyAt({ penalty, atMs }: Pick<Watch, 'penalty' | 'atMs'>, nowMs: number): number {
  return penalty * 2 ** (-(nowMs - atMs) / HALF_LIFE_MS)
}

function isWorthwhile(watch: Watch, nowMs: number): boolean {
  return watch.ending !== undefined || penaltyAt(watch, nowMs) >= FORGOTTEN_PENALTY
}
