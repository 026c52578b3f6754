import type { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import type { Run, RunId, RunMember } from '@roadstead/shared/protocol/run.ts'
import { REPLACED_MS_MAX, type Step } from './advance.ts'
import { type Asked, askingAbout } from './holds.ts'
import type { Outlook } from './outlook.ts'
import { lookForQuiet, type Marks } from './quiet.ts'
import { commandKey, drainAt, hostDrainKey, isBegun, type RefKey, refKey } from './refs.ts'
import type { RunMemory, RunScene } from './run-scene.ts'
import { lookAt, servicesAt, servingOf, type Sight } from './sight.ts'

/** Whose turn it is: what one run has begun with, the next of this round must not. */
export class Turns {
  readonly marks = new Map<RefKey, Marks>()
  readonly #scene: RunScene
  readonly #memory: RunMemory
  readonly #asked: ReadonlyMap<RefKey, readonly Asked[]>
  /** By container, the runs that have begun with it. */
  readonly #takers = new Map<RefKey, Set<RunId>>()
  /** By service, the runs that have one of its members under way, and its path. */
  readonly #replaced = new Map<ServiceKey, Map<RunId, string>>()
  /** Endpoints of a service are counted once a round. */
  readonly #serving = new Map<ServiceKey, number>()

  constructor(runs: readonly Run[], scene: RunScene, memory: RunMemory) {
    this.#scene = scene
    this.#memory = memory
    this.#asked = Map.groupBy(scene.asked.values(), ({ request }) => refKey(request))
    for (const run of runs) this.#note(run, memory.since.get(run.id) ?? new Map())
  }

  took({ run, since }: Step): void {
    for (const member of run.members) this.#takers.get(refKey(member))?.delete(run.id)
    for (const byRun of this.#replaced.values()) byRun.delete(run.id)
    if (run.state === 'running') this.#note(run, since)
  }

  outlookOf(run: Run): Outlook {
    const scene = this.#scene
    const { at, graph, limits, nowMs } = scene
    const sights = new Map<RefKey, Sight>()
    const sightOf = (member: RunMember): Sight => {
      const key = refKey(member)
      const sight = sights.get(key) ?? lookAt(member, run.id, scene)
      sights.set(key, sight)
      return sight
    }
    return {
      nowMs,
      at,
      limits,
      since: this.#memory.since.get(run.id) ?? new Map(),
      sightOf,
      edgesOf: (member) => {
        const key = refKey(member)
        const { services } = sightOf(member)
        const before = this.#memory.marks.get(key) ?? new Map()
        const look = lookForQuiet(member, services, scene, before)
        this.marks.set(key, look.marks)
        return look
      },
      servingOf: (service) => this.#servingOf(service),
      isTaken: (member) => this.#isTaken(member, run.id),
      commandOf: (member) => scene.commands.get(commandKey(run.id, member)),
      isHostDrained: run.host !== undefined && drainAt(graph, hostDrainKey(run.host)) !== undefined,
      asking: this.#askingOf(run),
      replacedFirst: (member) => this.#replacedFirst(member, run),
    }
  }

  #note(run: Run, since: ReadonlyMap<string, number>): void {
    const { id, members, verb } = run
    const isReplacing = verb === 'let-go' || verb === 'rollout' || verb === 'restart'
    members.forEach((member, index) => {
      const key = refKey(member)
      if (isBegun(member)) this.#takers.set(key, (this.#takers.get(key) ?? new Set()).add(id))
      if (!isReplacing || !(isBegun(member) || member.phase === 'left')) return
      const sinceMs = since.get(`${index} ${member.phase}`) ?? this.#scene.nowMs
      if (this.#scene.nowMs - sinceMs >= REPLACED_MS_MAX) return
      for (const service of this.#servicesOf(member, run)) {
        const byRun = this.#replaced.get(service) ?? new Map<RunId, string>()
        this.#replaced.set(service, byRun.set(id, member.path))
      }
    })
  }

  /** All that it serves, also when it is gone by now. */
  #servicesOf(member: RunMember, { service }: Run): ReadonlySet<ServiceKey> {
    const before = (member.servingBefore ?? []).map((each) => each.service)
    const own = service === undefined ? [] : [service]
    return new Set([...own, ...before, ...servicesAt(member, this.#scene)])
  }

  #replacedFirst(member: RunMember, run: Run): string | undefined {
    for (const service of this.#servicesOf(member, run)) {
      for (const [id, path] of this.#replaced.get(service) ?? []) if (id !== run.id) return path
    }
    return undefined
  }

  #isTaken(member: RunMember, run: RunId): boolean {
    const takers = this.#takers.get(refKey(member))
    return takers !== undefined && (takers.size > 1 || (takers.size === 1 && !takers.has(run)))
  }

  #servingOf(service: ServiceKey): number {
    const serving = this.#serving.get(service) ?? servingOf(this.#scene.table, service)
    this.#serving.set(service, serving)
    return serving
  }

  #askingOf(run: Run): Outlook['asking'] {
    const [member] = run.members
    if (run.verb !== 'let-go' || member === undefined) return undefined
    return askingAbout(run.id, this.#asked.get(refKey(member)) ?? [], this.#scene.nowMs)
  }
}
