import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Convergence } from '../core/simulation/convergence.ts'
import { changesOf, stepsOf } from '../core/simulation/deeds.ts'
import type { FleetContainer } from '../core/simulation/fleet.ts'
import type { Action, Mix } from '../core/simulation/mix.ts'
import type { EngineNews, SimulatedEngine } from '../io/simulated-engine.ts'
import type { Visitors } from '../io/visitor.ts'
import { untilSeen } from './follow.ts'

/** A container as its engine knows it. */
export interface Member {
  readonly container: FleetContainer
  readonly id: string
  readonly engine: SimulatedEngine
}

export interface DriveDeps {
  readonly mix: Mix
  readonly memberByName: ReadonlyMap<string, Member>
  readonly visitors: Visitors
  readonly convergence: Convergence
  readonly isFaulty: (host: string) => boolean
  readonly clock: Clock
}

/** Actions under way at once. A second's worth at the highest rate; beyond it they wait. */
const UNDER_WAY_MAX = 1_000
const IDLE_MS = 200
const TRIES = 10

/** What has been done so far; counted up while it runs. */
export interface Progress {
  actions: number
  late: number
  underWay: number
}

/**
 * Lets something happen `perSecond` times a second until `signal` aborts, and resolves when all of it
 * has been seen, or waited for. An engine that fails fails the whole.
 */
export async function drive(
  deps: DriveDeps,
  perSecond: number,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { clock, mix } = deps
  const beganMs = clock.monoMs()
  const underWay = new Map<string, Promise<void>>()
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined)
  for (let due = 0; !signal.aborted; ) {
    const waitMs =
      perSecond === 0 ? IDLE_MS : (due / perSecond) * 1_000 - (clock.monoMs() - beganMs)
    if (waitMs > 0) await Promise.race([clock.sleep(waitMs, signal), failed.promise])
    if (signal.aborted || perSecond === 0) continue
    due += 1
    if (underWay.size >= UNDER_WAY_MAX) {
      progress.late += 1
      continue
    }
    const action = someAction(mix)
    if (action === undefined) continue
    const { name } = action.container
    const before = underWay.get(name) ?? Promise.resolve()
    const done = before.then(() => perform(deps, action)).catch(failed.reject)
    const over = done.finally(() => {
      if (underWay.get(name) === over) underWay.delete(name)
      progress.underWay = underWay.size
    })
    underWay.set(name, over)
    progress.actions += 1
    progress.underWay = underWay.size
  }
  await Promise.race([Promise.all(underWay.values()), failed.promise])
}

/** In a fleet of few everybody may have been touched a moment ago. */
function someAction(mix: Mix): Action | undefined {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const action = mix.next()
    if (action !== undefined) return action
  }
  return undefined
}

/** Does it, and watches what visitors notice of it, from before it is done. */
async function perform(deps: DriveDeps, { container, deed }: Action): Promise<void> {
  const { memberByName, convergence, isFaulty } = deps
  const member = memberByName.get(container.name)
  if (member === undefined) return
  const { engine, id } = member
  const steps = stepsOf(deed, container.hasCheck).map((does) => ({ container: id, does }))
  const playing = engine.play(steps)
  if (container.pooled) {
    await playing
    return
  }
  const changes = changesOf(deed, container.hasCheck)
  for (const [at, { event, wants }] of changes.entries()) {
    const overtaken = new AbortController()
    const seeing = untilSeen(deps, container, wants, overtaken.signal)
    const news = await playing
    // When it is over, the last change has happened, and those before it cannot be seen any more.
    if (at < changes.length - 1) overtaken.abort()
    const seenMs = await seeing
    const eventMs = timeOf(news, id, event)
    const ms = seenMs === undefined || eventMs === undefined ? undefined : seenMs - eventMs
    convergence.add({ deed, wants, ms, faulty: isFaulty(container.host) })
  }
}

/** The last of its kind, as there may be several in one breath. */
function timeOf(news: readonly EngineNews[], id: string, event: string): number | undefined {
  return news.findLast((it) => it.id === id && it.action === event)?.atMs
}
