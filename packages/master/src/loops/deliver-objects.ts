import { objectKey } from '@roadstead/bus/ports.ts'
import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { type EdgeObject, objectContext } from '@roadstead/shared/protocol/kept-object.ts'
import { type Delivery, deliveries } from '../core/objects/deliveries.ts'
import { placeOf } from '../core/objects/kept-objects.ts'
import { edgeKeys } from '../core/objects/recipients.ts'
import type { MasterState } from '../state.ts'
import type { LeaderWrite, Leadership } from './leadership.ts'
import type { ObjectOffice, SealedBox } from './object-office.ts'

export interface DeliverDeps {
  readonly site: SiteId
  readonly leadership: Pick<Leadership, 'state' | 'onChange' | 'write'>
  readonly state: Pick<MasterState, 'graph' | 'edges' | 'objects' | 'subscribe'>
  readonly settle: { readonly isCaughtUp: boolean; onCaughtUp(listener: () => void): Disposable }
  readonly position: { reached(seq: number, waitMs: number): Promise<void> }
  readonly office: Pick<ObjectOffice, 'textOf' | 'resealAll'>
  readonly box: Pick<SealedBox, 'seal'>
  readonly clock: Clock
  readonly log: Log
}

/** A write that failed rings nothing, and neither does one that was lost. */
const LOOK_MS = 2_000
/** Sealing one takes a fraction of a millisecond, and other writes wait for as many. */
const AT_ONCE = 16
const READ_BACK_MS_MAX = 2_000

/**
 * While it leads: seals each object to each edge that has no text of it yet, deletes texts that nobody
 * is to have, and seals objects anew when masters came or went. What others stored is left as it is.
 */
export async function deliverObjects(deps: DeliverDeps, signal: AbortSignal): Promise<void> {
  const { clock, leadership, log, settle, state } = deps
  const bell = new Bell()
  using _changed = state.subscribe(['graph', 'edges', 'objects'], () => bell.ring())
  using _led = leadership.onChange(() => bell.ring())
  using _readAll = settle.onCaughtUp(() => bell.ring())
  while (!signal.aborted) {
    if (leadership.state().kind === 'leader' && settle.isCaughtUp) {
      await deliver(deps).catch((error: unknown) => {
        log.warn({ err: error }, 'objects not delivered')
      })
    }
    using _timer = clock.after(LOOK_MS, () => bell.ring())
    await bell.rung(signal)
  }
}

async function deliver(deps: DeliverDeps): Promise<void> {
  const { office, position, state } = deps
  await office.resealAll()
  const { decisions } = state.graph
  const work = deliveries(decisions, edgeKeys(state.edges, decisions), state.objects.stored)
  let written = 0
  let last = 0
  for (const delivery of work) {
    if (written === AT_ONCE) break
    const outcome = await perform(delivery, deps)
    if (outcome === undefined) continue
    if (outcome.kind !== 'stored') return
    written += 1
    last = outcome.seq
  }
  // The rest is looked at when these have come back: that rings.
  if (written > 0) await position.reached(last, READ_BACK_MS_MAX)
}

/** Undefined where this master cannot do it: it holds no key for the object. */
async function perform(
  delivery: Delivery,
  { box, leadership, log, office, site }: DeliverDeps,
): Promise<LeaderWrite | undefined> {
  const { edge } = delivery
  if (delivery.kind === 'delete') {
    return leadership.write(objectKey(site, edge, delivery.place), undefined)
  }
  const { object, to } = delivery
  const { version } = object
  const place = placeOf(object)
  const text = office.textOf(object)
  if (text === undefined) return undefined
  const sealed = box.seal([to], text, objectContext({ ...place, version }, edge))
  const stored: EdgeObject = { v: 1, ...place, version, sealed }
  const outcome = await leadership.write(objectKey(site, edge, place), JSON.stringify(stored))
  const { kind, name } = place
  log.debug({ object: kind, name, version, edge, outcome: outcome.kind }, 'object sealed for edge')
  return outcome
}
