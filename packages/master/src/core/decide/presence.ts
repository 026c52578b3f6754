import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import {
  FORGOTTEN_AFTER_MS,
  LOST_AFTER_MS,
  STALE_AFTER_MS,
} from '@roadstead/shared/kernel/limits.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import type { Presence } from '@roadstead/shared/protocol/presence.ts'
import type { Graph, HostNode } from '../graph/graph.ts'
import { presenceDecision, presenceOf, sortedHosts } from '../graph/select.ts'
import type { Hearing } from './hearing.ts'

/** After an orderly stop nobody is alarmed for as long as an upgrade or a reboot takes. */
export const STOPPING_GRACE_MS = 120_000

/** What time says about one host, before any guard. */
export interface Age {
  readonly host: HostId
  readonly silentMs: number
  readonly was: Presence
  readonly is: Presence
}

export interface AgeFacts {
  readonly nowMs: number
  /** Since when this master hears heartbeats without a gap: it cannot count silence from before. */
  readonly hearingSinceMs: number
  readonly hearing: Hearing
}

/** The age of every host. Hosts are silent towards us: all of it is measured on our own clock. */
export function agesOf(graph: Graph, facts: AgeFacts): readonly Age[] {
  return sortedHosts(graph).map((host) => {
    const was = presenceOf(graph, host.id)
    const heard = facts.hearing.get(host.id)
    // What was heard before a gap says nothing about the time since.
    const isHeard = heard !== undefined && heard.atMs >= facts.hearingSinceMs
    const silentMs = facts.nowMs - (isHeard ? heard.atMs : facts.hearingSinceMs)
    const lostAfterMs = heard?.beat.stopping === true ? STOPPING_GRACE_MS : LOST_AFTER_MS
    const is = presenceAt({ host, was, silentMs, isHeard, lostAfterMs })
    return { host: host.id, silentMs, was, is }
  })
}

interface Silence extends Pick<Age, 'silentMs' | 'was'> {
  readonly host: HostNode
  readonly isHeard: boolean
  readonly lostAfterMs: number
}

function presenceAt({ host, was, silentMs, isHeard, lostAfterMs }: Silence): Presence {
  const isGone = was === 'lost' || was === 'forgotten'
  if (silentMs >= lostAfterMs && !isGone) return 'lost'
  if (silentMs >= FORGOTTEN_AFTER_MS) return 'forgotten'
  if (silentMs >= STALE_AFTER_MS) return isGone ? was : 'stale'
  // A master that has only begun to listen cannot say that a host is back: it must hear it. And what
  // was known of a lost host may be long untrue: it must have told everything anew.
  if (!isHeard || (isGone && !host.synced)) return was
  return 'present'
}

export function presenceChanges(
  graph: Graph,
  ages: readonly Age[],
  since: string,
): readonly Extract<Decision, { kind: 'presence' }>[] {
  return ages
    .filter(({ host, is }) => presenceDecision(graph, host)?.presence !== is)
    .map(({ host, is }) => ({ kind: 'presence', host, presence: is, since }))
}
