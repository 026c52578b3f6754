import type { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import type { ContainerRef, Run, RunId, RunMember } from '@roadstead/shared/protocol/run.ts'
import type { DecisionChange } from '../graph/fold.ts'
import { advance, REPLACED_MS_MAX, type Step } from './advance.ts'
import { type Asked, isAbout, newLetGo } from './let-go.ts'
import type { CommandState, Outlook, RunLimits } from './outlook.ts'
import { type EdgeScene, lookForQuiet, type Marks } from './quiet.ts'
import { activeRuns, drainAt, hostDrainKey, isBegun, type RefKey, refKey, runKey } from './refs.ts'
import { lookAt, type Sight, type SightScene } from './sight.ts'
import { upkeep } from './upkeep.ts'

/** What the leader has to know to carry on with all runs. */
export interface RunScene extends SightScene, EdgeScene {
  /** The moment, for people. */
  readonly at: string
  readonly limits: RunLimits
  /** The graph holds what every agent last said, so that what is missing from it is really gone. */
  readonly isSettled: boolean
  /** What agents asked about containers that somebody stops, by run. */
  readonly asked: ReadonlyMap<RunId, Asked>
  /** Commands that this leader has sent, by run and container. */
  readonly commands: ReadonlyMap<string, CommandState>
}

/** What one leader keeps between two rounds; another starts without it. */
export interface RunMemory {
  readonly since: ReadonlyMap<RunId, ReadonlyMap<string, number>>
  readonly marks: ReadonlyMap<RefKey, Marks>
}

export const emptyRunMemory: RunMemory = { since: new Map(), marks: new Map() }

export interface RestartOrder {
  readonly run: RunId
  readonly ref: ContainerRef
}

export interface Round {
  /** To be written in this order, all of them before the first restart is asked for. */
  readonly changes: readonly DecisionChange[]
  readonly restarts: readonly RestartOrder[]
  readonly ended: readonly Run[]
  /** Some run is not finished: look again soon. */
  readonly isBusy: boolean
  readonly memory: RunMemory
}

export function commandKey(run: RunId, ref: ContainerRef): string {
  return `${run} ${refKey(ref)}`
}

/** One step of every run, oldest first, so that of two that want the same container one goes first. */
export function carryOn(scene: RunScene, memory: RunMemory): Round {
  const { graph } = scene
  const runs = activeRuns(graph)
  const begun: Run[] = []
  for (const asked of scene.asked.values()) {
    const run = newLetGo(asked, scene, runs)
    if (run === undefined) continue
    begun.push(run)
    runs.push(run)
  }
  const turns = new Turns(runs, scene, memory)
  const changes: DecisionChange[] = begun.map(changeOf)
  const restarts: RestartOrder[] = []
  const ended: Run[] = []
  const since = new Map<RunId, ReadonlyMap<string, number>>()
  for (const run of runs) {
    const step = advance(run, turns.outlookOf(run))
    turns.took(step)
    changes.push(...step.drains)
    if (step.run !== run) changes.push(changeOf(step.run))
    restarts.push(...step.restarts.map((ref) => ({ run: run.id, ref })))
    if (step.run.state === 'running') since.set(run.id, step.since)
    else ended.push(step.run)
  }
  return {
    changes: [...changes, ...upkeep(scene)],
    restarts,
    ended,
    isBusy: runs.length > 0,
    memory: { since, marks: turns.marks },
  }
}

function changeOf(run: Run): DecisionChange {
  return { kind: 'decision', key: runKey(run), decision: { kind: 'run', run } }
}

/** Whose turn it is: what one run has begun with, the next of this round must not. */
class Turns {
  readonly marks = new Map<RefKey, Marks>()
  readonly #scene: RunScene
  readonly #memory: RunMemory
  readonly #taken = new Map<RefKey, RunId>()
  /** By run: of which service a member is being replaced, and by its path which one. */
  readonly #replaced = new Map<RunId, { readonly service: ServiceKey; readonly path: string }>()

  constructor(runs: readonly Run[], scene: RunScene, memory: RunMemory) {
    this.#scene = scene
    this.#memory = memory
    for (const run of runs) this.#note(run, memory.since.get(run.id) ?? new Map())
  }

  took({ run, since }: Step): void {
    for (const [key, owner] of this.#taken) if (owner === run.id) this.#taken.delete(key)
    this.#replaced.delete(run.id)
    if (run.state === 'running') this.#note(run, since)
  }

  #note(run: Run, since: ReadonlyMap<string, number>): void {
    const { id, members, service, verb } = run
    for (const member of members.filter(isBegun)) this.#taken.set(refKey(member), id)
    const isReplacing = verb === 'let-go' || verb === 'rollout' || verb === 'restart'
    if (!isReplacing || service === undefined) return
    members.forEach((member, index) => {
      if (!isBegun(member) && member.phase !== 'left') return
      const sinceMs = since.get(`${index} ${member.phase}`) ?? this.#scene.nowMs
      if (this.#scene.nowMs - sinceMs >= REPLACED_MS_MAX) return
      this.#replaced.set(id, { service, path: member.path })
    })
  }

  outlookOf(run: Run): Outlook {
    const scene = this.#scene
    const { at, graph, limits, nowMs } = scene
    const sights = new Map<RefKey, Sight>()
    const sightOf = (member: RunMember): Sight => {
      const key = refKey(member)
      const sight = sights.get(key) ?? lookAt(member, run.id, run.service, scene)
      sights.set(key, sight)
      return sight
    }
    const replaced = [...this.#replaced].find(
      ([id, { service }]) => id !== run.id && service === run.service,
    )
    const asked = scene.asked.get(run.id)
    const owner = [...this.#taken].filter(([, id]) => id !== run.id)
    return {
      nowMs,
      at,
      limits,
      since: this.#memory.since.get(run.id) ?? new Map(),
      sightOf,
      unquietOf: (member) => {
        const key = refKey(member)
        const { services } = sightOf(member)
        const before = this.#memory.marks.get(key) ?? new Map()
        const look = lookForQuiet(member, services, scene, before)
        this.marks.set(key, look.marks)
        return look.unquiet
      },
      taken: new Map(owner),
      commands: new Map(
        run.members.flatMap((member) => {
          const state = scene.commands.get(commandKey(run.id, member))
          return state === undefined ? [] : [[refKey(member), state] as const]
        }),
      ),
      isHostDrained: run.host !== undefined && drainAt(graph, hostDrainKey(run.host)) !== undefined,
      asking: asked !== undefined && isAbout(run, asked.request) ? asked.asking : undefined,
      replacedFirst: replaced?.[1].path,
    }
  }
}
