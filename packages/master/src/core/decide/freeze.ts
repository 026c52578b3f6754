import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import type { Graph } from '../graph/graph.ts'
import type { Age } from './presence.ts'

export type Freeze = Extract<Decision, { kind: 'freeze' }>

/** Hosts that fall silent together are more likely cut off than dead. */
const LOST_MAX = 2
const LOST_SHARE_MAX = 0.2
/** As many as fall silent within this time count as together. */
export const TOGETHER_MS = 60_000
/** One at a time, so that checks at the edges and people can keep up. */
export const LOST_EVERY_MS = 10_000
/** Of the hosts that are not in question, so many must be heard before silence means anything. */
const HEARD_SHARE_MIN = 0.8

/** Hosts taken for lost a short while ago, and when; kept by the judge between its calls. */
export type RecentlyLost = readonly { readonly host: HostId; readonly atMs: number }[]

export interface LossInput {
  readonly graph: Graph
  readonly ages: readonly Age[]
  readonly recentlyLost: RecentlyLost
  readonly nowMs: number
  readonly since: string
}

export interface LossRuling {
  /** Hosts that are taken for lost now. */
  readonly lost: ReadonlySet<HostId>
  /** An operator said so: it does not count towards the next freeze. */
  readonly confirmed: boolean
  /** The freeze as it should be: unchanged, new, or none. */
  readonly freeze: Freeze | undefined
}

/**
 * Which silent hosts are taken for lost now. None, while too many are silent at once (the freeze,
 * which an operator may confirm), or while too few of the others are heard, because then it may be
 * this master that is cut off.
 */
export function ruleOnLoss({ graph, ages, recentlyLost, nowMs, since }: LossInput): LossRuling {
  const silent = ages.filter(({ was, is }) => is === 'lost' && was !== 'lost')
  const known = ages.filter(({ was }) => was !== 'forgotten').length
  const allowed = Math.max(LOST_MAX, Math.floor(LOST_SHARE_MAX * known))
  const together =
    silent.length + recentlyLost.filter(({ atMs }) => nowMs - atMs < TOGETHER_MS).length
  const freeze = freezeOf(graph)

  if (freeze?.confirmedBy !== undefined) {
    const confirmed = silent.filter(({ host }) => freeze.hosts.includes(host))
    // It stays until the tables without these hosts are out: they carry its word to the edges.
    const after = confirmed.length > 0 ? freeze : undefined
    return { lost: idsOf(confirmed), confirmed: true, freeze: after }
  }
  if (together > allowed && silent.length > 0) {
    return { lost: new Set(), confirmed: false, freeze: keepOrWrite(freeze, silent, since) }
  }
  const mayLose = silent.length > 0 && isHeard(ages) && isTime(recentlyLost, nowMs)
  const longest = silent.toSorted((a, b) => b.silentMs - a.silentMs).slice(0, 1)
  return { lost: mayLose ? idsOf(longest) : new Set(), confirmed: false, freeze: undefined }
}

export function freezeOf(graph: Graph): Freeze | undefined {
  const decision = graph.decisions.get('d.freeze.site')
  return decision?.kind === 'freeze' ? decision : undefined
}

/** The same object while it names the same hosts: a judge that is asked again writes nothing again. */
function keepOrWrite(before: Freeze | undefined, silent: readonly Age[], since: string): Freeze {
  const hosts = silent.map(({ host }) => host)
  const isSame =
    before?.hosts.length === hosts.length && hosts.every((host) => before.hosts.includes(host))
  return isSame ? before : { kind: 'freeze', hosts, since: before?.since ?? since }
}

/** Is it me? Hosts in question and hosts already lost have no voice in it. */
function isHeard(ages: readonly Age[]): boolean {
  const others = ages.filter(({ is }) => is === 'present' || is === 'stale')
  const heard = others.filter(({ is }) => is === 'present')
  return heard.length >= HEARD_SHARE_MIN * others.length
}

function isTime(recentlyLost: RecentlyLost, nowMs: number): boolean {
  return recentlyLost.every(({ atMs }) => nowMs - atMs >= LOST_EVERY_MS)
}

function idsOf(ages: readonly Age[]): ReadonlySet<HostId> {
  return new Set(ages.map(({ host }) => host))
}
