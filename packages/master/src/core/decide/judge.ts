import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { LOST_AFTER_MS } from '@roadstead/shared/kernel/limits.ts'
import { type Decision, decisionKey } from '@roadstead/shared/protocol/decision.ts'
import type { DecisionChange } from '../graph/fold.ts'
import type { Graph, RouteKey } from '../graph/graph.ts'
import type { RouteTable } from '../routes/table.ts'
import { type ClaimFacts, ruleOnClaims, type Unasked } from './claims.ts'
import { emptyFlapMemory, type FlapFacts, type FlapMemory, ruleOnFlapping } from './flapping.ts'
import { freezeOf, type RecentlyLost, ruleOnLoss, TOGETHER_MS } from './freeze.ts'
import type { Hearing } from './hearing.ts'
import { agesOf, presenceChanges } from './presence.ts'

export interface JudgeFacts {
  /** A clock that measures spans. */
  readonly nowMs: number
  /** The same moment for people. */
  readonly since: string
  readonly hearing: Hearing
  /** Since when this master is connected without a gap; undefined while it is not. */
  readonly hearingSinceMs: number | undefined
  readonly table: RouteTable
  /** What containers ask for, as it was derived; and those of them that changed, or all. */
  readonly asks: FlapFacts['asks']
  readonly policy: ClaimFacts['policy']
  readonly containers: FlapFacts['containers']
  /** Routes to look at: what the last derivations changed; all of them when one begins to lead. */
  readonly routes: Iterable<RouteKey>
  /** The graph holds what every agent last said, so that what is missing from it is really gone. */
  readonly settled: boolean
  readonly digest: Digest
}

/** What the judge has to remember between its calls; starts empty with each leadership. */
export interface JudgeMemory {
  readonly recentlyLost: RecentlyLost
  readonly unasked: Unasked
  readonly flaps: FlapMemory
}

export const emptyJudgeMemory: JudgeMemory = {
  recentlyLost: [],
  unasked: new Map(),
  flaps: emptyFlapMemory,
}

export interface Judgement {
  /** To be written to the control stream and folded, in this order. */
  readonly decisions: readonly DecisionChange[]
  readonly memory: JudgeMemory
}

/**
 * What the leader concludes from time and from the table. It is asked again and again and answers
 * with the difference between what is decided and what should be, so a write that failed, or that a
 * new leader never saw, is simply in the next answer.
 */
export function judge(graph: Graph, facts: JudgeFacts, memory: JudgeMemory): Judgement {
  const time = judgeTime(graph, facts, memory)
  const { digest } = facts
  const flaps = ruleOnFlapping({ ...facts, graph }, memory.flaps)
  const claims = ruleOnClaims({ ...facts, graph, unasked: memory.unasked })
  return {
    decisions: [
      ...time.decisions,
      ...claims.write.map((claim) => written(claim, digest)),
      ...claims.drop.map((claim) => deleted(claim, digest)),
      ...flaps.write.map((flapping) => written(flapping, digest)),
      ...flaps.drop.map((flapping) => deleted(flapping, digest)),
    ],
    memory: { recentlyLost: time.recentlyLost, unasked: claims.unasked, flaps: flaps.memory },
  }
}

interface TimeJudgement extends Pick<Judgement, 'decisions'> {
  readonly recentlyLost: RecentlyLost
}

function judgeTime(graph: Graph, facts: JudgeFacts, memory: JudgeMemory): TimeJudgement {
  const { nowMs, since, hearing, hearingSinceMs, digest } = facts
  if (hearingSinceMs === undefined) return { decisions: [], recentlyLost: memory.recentlyLost }
  const ages = agesOf(graph, { nowMs, hearing, hearingSinceMs })
  const isSure = nowMs - hearingSinceMs >= LOST_AFTER_MS
  const recentlyLost = memory.recentlyLost.filter(({ atMs }) => nowMs - atMs < TOGETHER_MS)
  const ruling = ruleOnLoss({ graph, ages, recentlyLost, nowMs, since })
  const lost = isSure ? ruling.lost : new Set()
  const ruled = ages.map((age) => {
    const isHeldBack = age.is === 'lost' && age.was !== 'lost' && !lost.has(age.host)
    return isHeldBack ? { ...age, is: 'stale' as const } : age
  })
  const changes = presenceChanges(graph, ruled, since)
  const newlyLost = ruling.confirmed ? [] : changes.filter(({ presence }) => presence === 'lost')
  return {
    decisions: [
      ...changes.map((decision) => written(decision, digest)),
      ...freezeChange(freezeOf(graph), isSure ? ruling.freeze : freezeOf(graph), digest),
    ],
    recentlyLost: [...recentlyLost, ...newlyLost.map(({ host }) => ({ host, atMs: nowMs }))],
  }
}

function freezeChange(
  before: Decision | undefined,
  after: Decision | undefined,
  digest: Digest,
): readonly DecisionChange[] {
  if (before === after) return []
  if (after !== undefined) return [written(after, digest)]
  return before === undefined ? [] : [deleted(before, digest)]
}

function written(decision: Decision, digest: Digest): DecisionChange {
  return { kind: 'decision', key: decisionKey(decision, digest), decision }
}

function deleted(decision: Decision, digest: Digest): DecisionChange {
  return { kind: 'decision', key: decisionKey(decision, digest), decision: undefined }
}
