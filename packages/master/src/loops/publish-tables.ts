import { type ControlStream, manifestKey, sliceKey } from '@roadstead/bus/ports.ts'
import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { EdgeId, InstanceId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { TokenBucket } from '@roadstead/shared/kernel/token-bucket.ts'
import type { Cause } from '@roadstead/shared/protocol/observation.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import type { ObjectMention } from '@roadstead/shared/protocol/kept-object.ts'
import type { TableManifest, Trace } from '@roadstead/shared/protocol/table.ts'
import type { Graph } from '../core/graph/graph.ts'
import type { EdgeTable } from '../core/routes/edge-table.ts'
import type { EncodedTable } from '../core/routes/encode.ts'
import type { InputDigests } from '../core/routes/input-digests.ts'
import { carriageOf, manifestOf, manifestText } from '../core/routes/manifest.ts'
import type { Policy } from '../core/routes/policy.ts'
import type { Leadership } from './leadership.ts'
import { tableWithUnheard, unheardBy, type UnheardState } from './table-with-unheard.ts'

export interface PublishDeps {
  readonly site: SiteId
  readonly leadership: Pick<Leadership, 'state' | 'onChange' | 'write'>
  readonly control: Pick<ControlStream, 'read'>
  readonly state: PublishedState
  readonly sign: (purpose: 'table', body: string) => Signed
  readonly inputs: InputDigests
  readonly digest: Digest
  readonly settle: {
    readonly isCaughtUp: boolean
    readonly isSettled: boolean
    onCaughtUp(listener: () => void): Disposable
  }
  /** A person confirmed a loss a moment ago: the edges need not guard against it as well. */
  readonly isForced: () => boolean
  readonly clock: Clock
  readonly log: Log
  readonly count: (
    key: 'writes',
    labels: { readonly kind: 'table' | 'slice'; readonly outcome: string },
  ) => void
}

export interface PublishedState extends UnheardState {
  readonly policy: Policy
  readonly tables: ReadonlyMap<
    EdgeId,
    { readonly table: EdgeTable; readonly encoded: EncodedTable }
  >
  /** The last head of each edge that could be read back. */
  readonly headsRead: ReadonlyMap<EdgeId, Pick<TableManifest, 'epoch' | 'version'>>
  mentionedTo(edge: EdgeId): {
    readonly mentions: readonly ObjectMention[]
    /** Equal for equal lists. */
    readonly text: string
  }
  takeCause(): { readonly cause: Cause; readonly masterMs: number } | undefined
  subscribe(
    topics: readonly ('graph' | 'edges' | 'hosts' | 'objects')[],
    listener: () => void,
  ): Disposable
}

/**
 * Writes each edge's table as soon as it differs from the last one written: the head with the slices
 * that changed. While a write is in flight changes only ring the bell, and the next table is made
 * from the newest state: nothing queues, and nothing waits on purpose but in a burst.
 */
export async function publishTables(deps: PublishDeps, signal: AbortSignal): Promise<void> {
  const { clock, leadership, settle, state } = deps
  const bell = new Bell()
  using _changed = state.subscribe(['graph', 'edges', 'objects'], () => bell.ring())
  // Who has spoken matters only until this master knows who there is.
  using _heard = state.subscribe(['hosts'], () => {
    if (!settle.isSettled) bell.ring()
  })
  using _led = leadership.onChange(() => bell.ring())
  using _readAll = settle.onCaughtUp(() => bell.ring())
  const pace = new TokenBucket(PACE, clock.monoMs())
  let reign: Reign | undefined
  while (!signal.aborted) {
    const now = leadership.state()
    const waitMs = pace.waitMs(clock.monoMs())
    if (now.kind !== 'leader' || !settle.isCaughtUp) {
      state.takeCause()
    } else if (waitMs === 0) {
      if (reign?.epoch !== now.epoch) reign = new Reign(now.epoch, now.instance, clock.monoMs())
      if (await publishAll(reign, deps)) pace.take()
      await storeBehind(reign, deps)
    }
    const lookMs = reign === undefined || reign.behind.size === 0 ? LOOK_MS : CALM_MS
    // A write that failed, and the end of settling, ring nothing by themselves.
    using _timer = clock.after(
      waitMs > 0 ? waitMs : settle.isSettled ? lookMs : SETTLING_LOOK_MS,
      () => bell.ring(),
    )
    await bell.rung(signal)
  }
}

/**
 * A table costs its masters, the bus and the edge as much whether one thing changed or many did. A few
 * go at once; in a burst it is twenty a second, with all that changed meanwhile.
 */
const PACE = { burst: 8, everyMs: 50 }
/** What rides is stored when no table has followed for so long: in a burst it would be other texts. */
const CALM_MS = 100
const LOOK_MS = 1_000
const SETTLING_LOOK_MS = 250

/** What this leadership has written. Another epoch starts from nothing and writes all anew. */
class Reign {
  readonly epoch: number
  readonly instance: InstanceId
  readonly beganMs: number
  readonly published = new Map<EdgeId, Published>()
  /** Edges whose table before led to nobody who had not spoken: from then on removals are words. */
  readonly heardAllOf = new Set<EdgeId>()
  /** What rides in the last head of an edge and is much: to be stored on its own. */
  readonly behind = new Map<
    EdgeId,
    { readonly slices: Slices; readonly buckets: readonly number[]; readonly isFew: boolean }
  >()
  wroteMs = Number.NEGATIVE_INFINITY
  readonly #stored = new Map<EdgeId, Map<number, string>>()

  constructor(epoch: number, instance: InstanceId, nowMs: number) {
    this.epoch = epoch
    this.instance = instance
    this.beganMs = nowMs
  }

  /** Hash of each slice of an edge as stored on its own, by bucket. */
  storedOf(edge: EdgeId): Map<number, string> {
    const stored = this.#stored.get(edge) ?? new Map<number, string>()
    this.#stored.set(edge, stored)
    return stored
  }
}

interface Published {
  readonly version: number
  /** Hash of each slice that the head names. */
  readonly hashes: readonly string[]
  /** Objects that it names, as `mentionedTo` writes them. */
  readonly objects: string
  readonly force: boolean
  /** It has been read back; if it is not there any more, somebody has overwritten it. */
  readonly isRead: boolean
}

/** Whether a table was to be written. */
async function publishAll(reign: Reign, deps: PublishDeps): Promise<boolean> {
  const { state } = deps
  let isAny = false
  const cause = state.takeCause()
  const { graph, tables } = state
  const force = deps.isForced()
  const isUnheard = unheardBy(reign.beganMs, deps)
  await Promise.all(
    Array.from(tables, async ([edge, own]) => {
      const isOwn = isUnheard === undefined || reign.heardAllOf.has(edge)
      const encoded = isOwn ? own.encoded : await tableWithUnheard(edge, own, isUnheard, deps)
      if (encoded === undefined) return
      if (encoded === own.encoded) reign.heardAllOf.add(edge)
      const before = readBack(edge, reign, state)
      const isLost = before?.isRead === true && !state.desired.has(edge)
      const isOverdue = isLost || (force && before?.force === false)
      const { mentions: objects, text: objectsText } = state.mentionedTo(edge)
      const isNamed = before?.objects === objectsText
      if (before !== undefined && !isOverdue && isNamed && isSame(before, encoded)) return
      isAny = true
      const version = (before?.version ?? 0) + 1
      const { epoch, instance } = reign
      const isSettled = deps.settle.isSettled && encoded === own.encoded
      const input = inputOf(graph, own.table, isSettled, deps)
      const head = { site: deps.site, edge, epoch, version, instance, input, force, objects }
      const slices = new Slices(edge, encoded, reign.storedOf(edge), deps)
      const carriage = carriageOf(encoded, slices.stored)
      // The next head may count on what is stored now, so nothing older goes there any more.
      reign.behind.delete(edge)
      if (!(await slices.store(carriage.before))) return
      const trace = cause && traceOf(cause, deps.clock.wallMs())
      const manifest = manifestOf({ ...head, trace }, encoded, graph, carriage.riding)
      if (!(await writeHead(manifest, deps))) return
      const hashes = encoded.slices.map(({ hash }) => hash)
      reign.published.set(edge, { version, hashes, objects: objectsText, force, isRead: false })
      const { behind: buckets, isFew } = carriage
      if (buckets.length > 0) reign.behind.set(edge, { slices, buckets, isFew })
      reign.wroteMs = deps.clock.monoMs()
    }),
  )
  return isAny
}

/** For one edge at a time: a change that comes meanwhile waits for it. */
async function storeBehind({ behind, wroteMs }: Reign, { clock }: PublishDeps): Promise<void> {
  const isCalm = clock.monoMs() - wroteMs >= CALM_MS
  for (const [edge, { slices, buckets, isFew }] of behind) {
    if (!isCalm && !isFew) continue
    behind.delete(edge)
    await slices.store(buckets)
    return
  }
}

function readBack(
  edge: EdgeId,
  { epoch, published }: Reign,
  { headsRead }: PublishedState,
): Published | undefined {
  const before = published.get(edge)
  if (before === undefined || before.isRead) return before
  const head = headsRead.get(edge)
  const isRead = head?.epoch === epoch && head.version === before.version
  if (isRead) published.set(edge, { ...before, isRead })
  return before
}

async function writeHead(manifest: TableManifest, deps: PublishDeps): Promise<boolean> {
  const { edge, epoch, version } = manifest
  const signed = deps.sign('table', manifestText(manifest))
  const text = JSON.stringify(signed)
  const { kind } = await deps.leadership.write(manifestKey(deps.site, edge), text)
  deps.count('writes', { kind: 'table', outcome: kind })
  deps.log.debug({ edge, epoch, version, outcome: kind }, 'table written')
  return kind === 'stored'
}

/** The slices of one table, and which of them the stream has on their own. */
class Slices {
  readonly stored: Map<number, string>
  readonly #edge: EdgeId
  readonly #encoded: EncodedTable
  readonly #deps: PublishDeps

  constructor(edge: EdgeId, encoded: EncodedTable, stored: Map<number, string>, deps: PublishDeps) {
    this.#edge = edge
    this.#encoded = encoded
    this.stored = stored
    this.#deps = deps
  }

  /** False when one was not stored. Then nobody knows which text the stream has for its bucket. */
  async store(buckets: readonly number[]): Promise<boolean> {
    const { count, leadership, site } = this.#deps
    for (const bucket of buckets) {
      const slice = this.#encoded.slices[bucket]
      if (slice === undefined) continue
      this.stored.delete(bucket)
      const { kind } = await leadership.write(sliceKey(site, this.#edge, bucket), slice.text)
      count('writes', { kind: 'slice', outcome: kind })
      if (kind !== 'stored') return false
      this.stored.set(bucket, slice.hash)
    }
    return true
  }
}

/** What was taken over from the table before is no input that anybody else could have. */
function inputOf(
  graph: Graph,
  { place }: EdgeTable,
  isSettled: boolean,
  deps: PublishDeps,
): string {
  const input = deps.inputs.of(graph, deps.state.policy, place)
  return isSettled ? input : deps.digest(`settling ${input}`)
}

function isSame({ hashes }: Published, { slices }: EncodedTable): boolean {
  return slices.length === hashes.length && slices.every(({ hash }, at) => hash === hashes[at])
}

function traceOf(
  { cause, masterMs }: NonNullable<ReturnType<PublishedState['takeCause']>>,
  writtenMs: number,
): Trace {
  const { action, seenAtMs, timeNano } = cause
  return {
    action,
    agentMs: seenAtMs,
    masterMs,
    writtenMs,
    ...(timeNano !== undefined && { timeNano }),
  }
}
