import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { ObjectTrouble } from '@roadstead/shared/protocol/kept-object.ts'
import type { EdgeState } from '../core/edge-state.ts'
import {
  type FetchableObject,
  type HeldObject,
  heldKey,
  objectWork,
} from '../core/objects/held-object.ts'
import { type Doors, openedObject } from '../core/objects/opened-object.ts'
import type { Written } from './job.ts'

export interface FollowObjectsDeps extends Pick<Doors, 'open' | 'fits'> {
  readonly self: { readonly edge: EdgeId }
  readonly bus: { object(edge: EdgeId, named: FetchableObject): Promise<string | undefined> }
  readonly objectFiles: {
    write(object: HeldObject): Promise<Written>
    remove(object: HeldObject): Promise<Written>
  }
  readonly state: EdgeState
  readonly clock: Clock
  readonly log: Log
}

/** What could not be fetched or kept is tried again after this. */
const RETRY_MS = 2_000
/** Asked for at one time: each is one round trip and at most 64 KiB. */
const AT_ONCE = 16

/**
 * Brings in the users and certificates that the table in force names, and lets go of those that it no
 * longer names. What cannot be had changes nothing: the text before stays in force.
 */
export async function followObjects(deps: FollowObjectsDeps, signal: AbortSignal): Promise<void> {
  const { clock, state } = deps
  while (!signal.aborted) {
    const isWhole = await bringUp(deps)
    using timers = new DisposableStack()
    if (!isWhole) timers.use(clock.after(RETRY_MS, () => state.objectBell.ring()))
    await state.objectBell.rung(signal)
  }
}

/** False when something is to be tried again. */
async function bringUp(deps: FollowObjectsDeps): Promise<boolean> {
  const { state } = deps
  const wanted = state.wantedObjects
  if (wanted === undefined) return true
  const { lacking, surplus } = objectWork(wanted, state.objects)
  const held = new Map(state.objects)
  const troubles = new Map<string, ObjectTrouble>()
  for (let at = 0; at < lacking.length; at += AT_ONCE) {
    await Promise.all(
      lacking.slice(at, at + AT_ONCE).map(async (named) => {
        const trouble = await fetchOne(deps, named, held)
        if (trouble !== undefined) troubles.set(heldKey(named), trouble)
      }),
    )
  }
  for (const object of surplus) await letGo(deps, object, held)
  if (lacking.length + surplus.length > 0) state.holdObjects(held)
  tell(deps, troubles)
  return troubles.size === 0
}

/** What is wrong, if anything is; an object that is not on the disk counts all the same. */
async function fetchOne(
  { bus, fits, log, objectFiles, open, self: { edge } }: FollowObjectsDeps,
  named: FetchableObject,
  held: Map<string, HeldObject>,
): Promise<ObjectTrouble | undefined> {
  const text = await bus.object(edge, named)
  if (text === undefined) return 'not-stored'
  const object = openedObject(text, named, { edge, fits, open })
  if (typeof object === 'string') return object
  const written = await objectFiles.write(object)
  // The next attempt writes it again, which it would not if this one counted.
  if (written.kind !== 'written') return written.kind
  held.set(heldKey(object), object)
  const { kind, name, version } = object
  log.info({ object: kind, name, version }, 'object taken')
  return undefined
}

async function letGo(
  { log, objectFiles }: FollowObjectsDeps,
  object: HeldObject,
  held: Map<string, HeldObject>,
): Promise<void> {
  const { kind, name } = object
  // Off the disk or not, nobody may use it any more; the next life of this edge lets go of it again.
  const { kind: outcome } = await objectFiles.remove(object)
  held.delete(heldKey(object))
  log.info({ object: kind, name, outcome }, 'object let go')
}

function tell({ log, state }: FollowObjectsDeps, troubles: ReadonlyMap<string, ObjectTrouble>) {
  for (const [key, trouble] of troubles) {
    if (state.objectTroubles.get(key) !== trouble) log.warn({ key, trouble }, 'object not taken')
  }
  state.objectTroubles = troubles
  state.reportBell.ring()
}
