import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { InstanceId, type EdgeId, type SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { EdgeOutcome, TableStamp } from '@roadstead/shared/protocol/edge-status.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import { TableManifest, TableSlice } from '@roadstead/shared/protocol/table.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { accept } from '../core/accept.ts'
import { shrinkGuard } from '../core/shrink-guard.ts'
import { assemble, type EdgeTable, emptyTable, type Joined } from '../core/table.ts'
import type { EdgeState } from '../core/edge-state.ts'

type RefusalReason = Extract<EdgeOutcome, { kind: 'refused' }>['reason']

export interface FollowTablesDeps {
  readonly self: { readonly site: SiteId; readonly edge: EdgeId }
  readonly bus: {
    followManifests(edge: EdgeId, signal: AbortSignal): AsyncIterable<Signed>
    slice(edge: EdgeId, bucket: number, digest: string): Promise<string | undefined>
  }
  readonly trust: {
    verify(signed: Signed): 'trusted' | 'unknown-signer' | 'bad-signature'
    /** Looks for masters that have joined since. */
    refresh(): Promise<void>
  }
  readonly state: EdgeState
  readonly digest: Digest
  readonly clock: Clock
  readonly log: Log
}

/** What was read before, so that only what is new is parsed, joined and compared. */
interface Known {
  readonly slices: Map<string, TableSlice>
  joined: Joined
}

/** A table that comes from our own disk counts as one slice: what is equal keeps its objects. */
function joinedFrom({ inForce }: EdgeState): Joined {
  const table = inForce?.table ?? emptyTable
  const { services, routes, streams } = table
  const more = streams.length === 0 ? {} : { streams: [...streams] }
  return { table, slices: [{ services: [...services], routes: [...routes], ...more }] }
}

interface Offer {
  readonly manifest: TableManifest
  readonly table: EdgeTable
}

/** Nobody that we know said so; a stamp for outcomes about tables that cannot be read. */
const NO_STAMP: TableStamp = { epoch: 0, version: 0, instance: InstanceId.parse('unknown') }

/** Takes tables from the bus: who says so, may it replace ours, is all of it there, does it forget much. */
export async function followTables(deps: FollowTablesDeps, signal: AbortSignal): Promise<void> {
  const known: Known = { slices: new Map(), joined: joinedFrom(deps.state) }
  using held = new HeldOffer(deps)
  for await (const signed of deps.bus.followManifests(deps.self.edge, signal)) {
    const offer = await read(deps, signed, known)
    if (offer !== undefined) held.consider(offer)
  }
}

/** Decides about offers, and keeps the one that waits for the shrink guard. */
class HeldOffer implements Disposable {
  readonly #deps: FollowTablesDeps
  #sinceMs: number | undefined
  #timer: Disposable | undefined

  constructor(deps: FollowTablesDeps) {
    this.#deps = deps
  }

  /** No decision here sits between two waits: a newer offer cannot slip in halfway. */
  consider(offer: Offer): void {
    const { state, clock, self, log } = this.#deps
    const { manifest, table } = offer
    const acceptance = accept(self, state.fence, manifest)
    if (acceptance.kind === 'refused')
      return refuse(this.#deps, stampOf(manifest), acceptance.reason)
    if (acceptance.kind === 'same' && isDesired(state, manifest)) return
    this.#timer?.[Symbol.dispose]()
    const guard = { table, witnesses: new Set<string>(manifest.witnesses), force: manifest.force }
    const nowMs = clock.monoMs()
    const inForce = state.inForce?.table ?? emptyTable
    const shrink = shrinkGuard(inForce, guard, nowMs, this.#sinceMs)
    if (shrink.kind === 'hold') {
      this.#sinceMs ??= nowMs
      this.#hold(offer, shrink, nowMs)
      return
    }
    this.#sinceMs = undefined
    if (acceptance.kind === 'accepted') state.fence = acceptance.fence
    const { trace } = manifest
    const acceptedMs = clock.wallMs()
    const stamp = stampOf(manifest)
    state.desired = { stamp, table, acceptedMs, ...(trace === undefined ? {} : { trace }) }
    state.wantObjects(manifest.objects ?? [])
    log.debug({ ...stamp, routes: table.routes.length }, 'table accepted')
    state.wish()
  }

  #hold(
    offer: Offer,
    shrink: { routesLost: number; endpointsLost: number; untilMs: number },
    nowMs: number,
  ): void {
    const { state, clock, log } = this.#deps
    const { routesLost, endpointsLost } = shrink
    const isNews = state.outcome.kind !== 'held'
    const waitMs = shrink.untilMs - nowMs
    const untilMs = Number.isFinite(waitMs) ? clock.wallMs() + waitMs : FOREVER_MS
    const offered = stampOf(offer.manifest)
    const at = new Date(clock.wallMs()).toISOString()
    state.settle({ kind: 'held', at, offered, routesLost, endpointsLost, untilMs })
    if (isNews)
      log.warn({ ...offered, routesLost, endpointsLost }, 'table held: it forgets too much')
    if (Number.isFinite(waitMs)) this.#timer = clock.after(waitMs, () => this.consider(offer))
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]()
  }
}

/** After a restart the fence may name a table that never came to the disk. */
function isDesired({ desired }: EdgeState, { epoch, version }: TableManifest): boolean {
  return desired?.stamp.epoch === epoch && desired.stamp.version === version
}

/** The last moment that a date can say: only an operator ends this wait. */
const FOREVER_MS = 8.64e15

async function read(
  deps: FollowTablesDeps,
  signed: Signed,
  known: Known,
): Promise<Offer | undefined> {
  const { trust, self, state } = deps
  const manifest = parse(TableManifest, signed.body)
  const stamp = manifest === undefined ? NO_STAMP : stampOf(manifest)
  const verdict = await verdictOn(trust, signed)
  if (verdict !== 'trusted') return refuse(deps, stamp, verdict)
  if (signed.purpose !== 'table') return refuse(deps, stamp, 'bad-signature')
  if (manifest === undefined) return refuse(deps, stamp, 'unreadable')
  // Before any slice is fetched: most manifests that come by a poll are the one we have.
  const acceptance = accept(self, state.fence, manifest)
  if (acceptance.kind === 'refused') return refuse(deps, stamp, acceptance.reason)
  if (acceptance.kind === 'same' && isDesired(state, manifest)) {
    // After a restart the table is known from the disk, and what it names is not.
    if (state.wantedObjects === undefined) state.wantObjects(manifest.objects ?? [])
    return stillSame(deps)
  }
  const slices = await readSlices(deps, manifest, known.slices)
  if (typeof slices === 'string') return refuse(deps, stamp, slices)
  const assembled = assemble(slices, known.joined)
  if (assembled.kind === 'table') {
    known.joined = { slices, table: assembled.table }
    return { manifest, table: assembled.table }
  }
  deps.log.error({ ...stamp, why: assembled.why }, 'table contradicts itself')
  return refuse(deps, stamp, 'unreadable')
}

/** A signer that is not known may have joined since. */
async function verdictOn(
  trust: FollowTablesDeps['trust'],
  signed: Signed,
): Promise<ReturnType<FollowTablesDeps['trust']['verify']>> {
  const verdict = trust.verify(signed)
  if (verdict !== 'unknown-signer') return verdict
  await trust.refresh()
  return trust.verify(signed)
}

/** What was refused or held before is no longer what the masters say. */
function stillSame({ state, clock }: FollowTablesDeps): undefined {
  if (state.outcome.kind !== 'refused' && state.outcome.kind !== 'held') return
  state.settle({ kind: 'unchanged', at: new Date(clock.wallMs()).toISOString() })
}

/** All slices of a manifest; those that have not changed are not parsed again. */
async function readSlices(
  deps: FollowTablesDeps,
  manifest: TableManifest,
  known: Map<string, TableSlice>,
): Promise<readonly TableSlice[] | 'missing-slice' | 'unreadable'> {
  const slices: TableSlice[] = []
  for (const [bucket, digest] of manifest.slices.entries()) {
    const before = known.get(digest)
    const inline = manifest.inline?.[bucket]
    const text =
      before === undefined ? (inline ?? (await deps.bus.slice(deps.self.edge, bucket, digest))) : ''
    if (text === undefined) return 'missing-slice'
    const slice = before ?? (deps.digest(text) === digest ? parse(TableSlice, text) : undefined)
    if (slice === undefined) return 'unreadable'
    slices.push(slice)
  }
  known.clear()
  for (const [bucket, digest] of manifest.slices.entries()) {
    const slice = slices[bucket]
    if (slice !== undefined) known.set(digest, slice)
  }
  return slices
}

function refuse(deps: FollowTablesDeps, offered: TableStamp, reason: RefusalReason): undefined {
  const { state, clock, log } = deps
  const before = state.outcome
  const isNews = before.kind !== 'refused' || before.reason !== reason
  const at = new Date(clock.wallMs()).toISOString()
  state.settle({ kind: 'refused', at, offered, reason })
  if (isNews) log.warn({ ...offered, reason }, 'table refused')
}

function stampOf({ epoch, version, instance }: TableManifest): TableStamp {
  return { epoch, version, instance }
}

function parse<Value>(
  schema: { safeParse(input: unknown): { data?: Value | undefined } },
  text: string,
): Value | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
