import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import {
  type ContainerRef,
  type Run,
  RUN_LOG_MAX,
  type RunMember,
} from '@roadstead/shared/protocol/run.ts'
import type { DecisionChange } from '../graph/fold.ts'
import { type MemberScene, type Move, stay } from './move.ts'
import type { Outlook } from './outlook.ts'
import { drainKey, hostDrainKey, isBegun, isSettled } from './refs.ts'
import { remedyOf } from './remedy.ts'
import { stepMember } from './step-member.ts'

/** What a run does now. To be performed in this order: drains, the run itself, commands. */
export interface Step {
  /** The same object when nothing changed. */
  readonly run: Run
  readonly drains: readonly DecisionChange[]
  /** Containers to restart; each is asked for once in the life of a run. */
  readonly restarts: readonly ContainerRef[]
  readonly since: ReadonlyMap<string, number>
}

/**
 * The next step of a run, from its record and what is true now. Nothing else is remembered that
 * matters: whoever leads after us goes on from the same record, and only counts waiting anew.
 *
 * Drains stand before the record and commands after it. So a record never speaks of a drain that is
 * not there, and a command is never sent that no record knows of.
 */
export function advance(run: Run, outlook: Outlook): Step {
  if (run.state !== 'running') {
    return { run, drains: [], restarts: [], since: new Map() }
  }
  const draft = new Draft(run, outlook)
  draft.host()
  for (const index of run.members.keys()) draft.member(index)
  draft.finish()
  return draft.step()
}

class Draft {
  readonly #before: Run
  readonly #outlook: Outlook
  readonly #members: RunMember[]
  readonly #texts: string[] = []
  readonly #drains: DecisionChange[] = []
  readonly #restarts: ContainerRef[] = []
  #state: Run['state'] = 'running'
  #isCancelled = false
  #isHeld = false

  constructor(run: Run, outlook: Outlook) {
    this.#before = run
    this.#outlook = outlook
    this.#members = [...run.members]
  }

  /** What concerns the host as a whole. */
  host(): void {
    const { host, verb } = this.#before
    if (host === undefined) return
    const key = hostDrainKey(host)
    const { isHostDrained } = this.#outlook
    if (verb === 'drain' && !isHostDrained) {
      this.#drains.push({ kind: 'decision', key, decision: this.#drain({ host }) })
    }
    if (verb === 'undrain' && isHostDrained) {
      this.#drains.push({ kind: 'decision', key, decision: undefined })
    }
  }

  member(index: number): void {
    const member = this.#members[index]
    if (member === undefined) return
    if (member.phase === 'waiting' && !this.#mayBegin(member)) return
    const scene = this.#sceneOf(index, member)
    const move: Move = isSettled(member) ? stay(member) : stepMember(member, scene)
    this.#members[index] = move.member
    this.#texts.push(...move.says)
    if (move.cancels) this.#isCancelled = true
    if (move.restarts) this.#restarts.push({ host: member.host, container: member.container })
    // Whatever became of it: no drain outlives the run's interest in the container.
    const isToReturn = isSettled(move.member) && scene.sight.drain === 'ours'
    const drain = isToReturn ? 'delete' : move.drain
    if (drain !== undefined) this.#drains.push(this.#drainChange(member, drain))
  }

  /** A run is over when nothing is under way and nothing may begin. */
  finish(): void {
    const { isHostDrained } = this.#outlook
    const { host, verb } = this.#before
    const failed = this.#failed()
    const isOver = this.#members.every(
      (member) => isSettled(member) || (failed.length > 0 && member.phase === 'waiting'),
    )
    const hostLeft = host !== undefined && (verb === 'drain') !== isHostDrained
    if (!isOver || hostLeft || this.#isAwaited()) return
    this.#state = failed.length > 0 ? 'failed' : this.#isCancelled ? 'cancelled' : 'done'
    // Not earlier: the beginning of a long log is lost.
    const { unwatched } = this.#before
    if (unwatched === undefined) return
    this.#texts.push(
      `${unwatched} more containers are taken out, too, and nobody looks whether they are quiet`,
    )
  }

  step(): Step {
    const members = this.#members
    const isSame = members.every((member, index) => member === this.#before.members[index])
    const known = new Set(this.#before.log.map(({ text }) => text))
    const { at } = this.#outlook
    const fresh = this.#texts
      .map((text) => ({ at, text: text.slice(0, TEXT_MAX) }))
      .filter(({ text }) => !known.has(text))
    const isUnchanged = isSame && fresh.length === 0 && this.#state === 'running'
    const log = [...this.#before.log, ...fresh].slice(-RUN_LOG_MAX)
    const run = isUnchanged ? this.#before : this.#ended({ ...this.#before, members, log })
    const since = sinceOf(run.members, this.#outlook)
    return { run, drains: this.#drains, restarts: this.#restarts, since }
  }

  #ended(run: Run): Run {
    const state = this.#state
    if (state === 'running') return run
    const endedAt = this.#outlook.at
    return state === 'failed'
      ? { ...run, state, endedAt, remedy: remedyOf(run).slice(0, TEXT_MAX) }
      : { ...run, state, endedAt }
  }

  #mayBegin(member: RunMember): boolean {
    const { atOnce, verb } = this.#before
    if (verb === 'let-go') return true
    if (this.#failed().length > 0 || this.#outlook.isTaken(member)) return false
    if (verb === 'drain') return true
    const begun = this.#members.filter(isBegun)
    const onHost = begun.filter(({ host }) => host === member.host)
    if (begun.length >= atOnce || onHost.length >= PER_HOST_MAX) return false
    const first = verb === 'undrain' ? undefined : this.#outlook.replacedFirst(member)
    if (first === undefined) return true
    // One line for all whose turn it would be.
    if (!this.#isHeld) this.#texts.push(`${member.path} waits until ${first} is replaced`)
    this.#isHeld = true
    return false
  }

  #failed(): readonly RunMember[] {
    return this.#members.filter(({ phase }) => phase === 'failed')
  }

  /** Whoever was let go is waited for: the next of its service goes when its successor serves. */
  #isAwaited(): boolean {
    if (this.#before.verb !== 'let-go') return false
    return this.#members.some((member, index) => {
      if (member.phase !== 'left') return false
      const { servingBefore = [] } = member
      const { servingOf } = this.#outlook
      const isBack = servingBefore.every((each) => servingOf(each.service) >= each.endpoints)
      if (isBack) return false
      if (this.#sceneOf(index, member).ageMs < REPLACED_MS_MAX) return true
      this.#texts.push(`${member.path} was not replaced within a minute`)
      return false
    })
  }

  #sceneOf(index: number, member: RunMember): MemberScene {
    const outlook = this.#outlook
    const sinceMs = outlook.since.get(sinceKey(index, member)) ?? outlook.nowMs
    return {
      run: this.#before,
      sight: outlook.sightOf(member),
      ageMs: outlook.nowMs - sinceMs,
      command: outlook.commandOf(member),
      edges: () => outlook.edgesOf(member),
      outlook,
    }
  }

  #drainChange(member: RunMember, change: 'write' | 'delete'): DecisionChange {
    const key = drainKey(member)
    const { host, container } = member
    const decision = change === 'write' ? this.#drain({ host, container }) : undefined
    return { kind: 'decision', key, decision }
  }

  #drain(whom: { host: ContainerRef['host']; container?: ContainerRef['container'] }): Decision {
    const { by, id, verb, why } = this.#before
    const isOurs = verb !== 'drain'
    const words = { by, why: why === '' ? verb : why, since: this.#outlook.at }
    return { kind: 'drain', ...whom, ...words, ...(isOurs && { run: id }) }
  }
}

const TEXT_MAX = 512
/** An agent takes eight restarts at once, and refuses more. */
const PER_HOST_MAX = 8
/** A successor that takes longer has failed, or nobody wanted one. */
export const REPLACED_MS_MAX = 60_000

function sinceKey(index: number, { phase }: RunMember): string {
  return `${index} ${phase}`
}

function sinceOf(members: readonly RunMember[], { nowMs, since }: Outlook): Map<string, number> {
  return new Map(
    members.map((member, index) => {
      const key = sinceKey(index, member)
      return [key, since.get(key) ?? nowMs]
    }),
  )
}
