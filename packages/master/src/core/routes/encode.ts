import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import type { TableRoute, TableSlice, TableStream } from '@roadstead/shared/protocol/table.ts'
import { compareText } from '../graph/select.ts'
import type { EdgeService, EdgeTable } from './edge-table.ts'
import { compareRoutes } from './pools.ts'

/** An edge's table as text, cut into slices by service: what changes in one rewrites one. */
export interface EncodedTable {
  /** By bucket; the number of buckets is a power of two. */
  readonly slices: readonly EncodedSlice[]
}

export interface EncodedSlice {
  readonly text: string
  /** SHA-256 of the text. */
  readonly hash: string
  readonly keys: ReadonlySet<ServiceKey>
  readonly size: SliceSize
}

/** What the length of a slice's text follows. */
interface SliceSize {
  readonly services: number
  readonly routes: number
  readonly endpoints: number
  /** Of settings and conditions, which most routes do not have. */
  readonly bytes: number
}

/** The most that a manifest can name. */
const BUCKETS_MAX = 1_024
/** How far a table may grow or shrink before the buckets are dealt anew. */
const FULL_SHARE = 1.5
const EMPTY_SHARE = 0.25
/**
 * A change costs the names of all slices, 67 bytes each, and the text of the one or few that it is in,
 * some 120 bytes an item: together that is least at about twice the root of their number.
 */
const SLICES_PER_ROOT = 2
/** An endpoint is some 160 bytes of text: a slice of so many is far from what one message may hold. */
const ENDPOINTS_PER_SLICE = 1_024
/** Beside the rest of the slice, well within one message. */
const SETTINGS_BYTES_PER_SLICE = 128 * 1_024

/**
 * How many buckets a table gets. A number once chosen is kept while it will do, so that a fleet at a
 * boundary does not rewrite every slice at each change. That makes it depend on the past, so it is
 * an argument of encoding and no part of what a table says: a standby that compares encodes with the
 * number that the leader's manifest has.
 */
export function bucketsFor({ services }: Pick<EdgeTable, 'services'>, before?: number): number {
  return bucketCount(slicesFilled([sizeOf(services.values())]), before)
}

function slicesFilled(sizes: readonly SliceSize[]): number {
  const sum = (part: keyof SliceSize) => sizes.reduce((total, size) => total + size[part], 0)
  const items = Math.max(sum('services'), sum('routes'))
  return Math.max(
    SLICES_PER_ROOT * Math.sqrt(items),
    sum('endpoints') / ENDPOINTS_PER_SLICE,
    sum('bytes') / SETTINGS_BYTES_PER_SLICE,
  )
}

function sizeOf(members: Iterable<EdgeService>): SliceSize {
  const size = { services: 0, routes: 0, endpoints: 0, bytes: 0 }
  for (const { routes, services, streams } of members) {
    size.services += 1
    size.routes += routes.length + streams.length
    for (const { endpoints } of services) size.endpoints += endpoints.length
    for (const route of routes) size.bytes += settingBytes(route)
    for (const { allow } of streams)
      if (allow !== undefined) size.bytes += JSON.stringify(allow).length
  }
  return size
}

function settingBytes({ settings, when }: TableRoute): number {
  const size = settings === undefined ? 0 : JSON.stringify(settings).length
  return when === undefined ? size : size + JSON.stringify(when).length
}

/** A power of two, for a table that would fill so many slices. */
export function bucketCount(needed: number, before?: number): number {
  const willDo =
    before !== undefined && needed <= before * FULL_SHARE && needed >= before * EMPTY_SHARE
  if (willDo) return before
  const power = 2 ** Math.ceil(Math.log2(Math.max(1, needed)))
  return Math.min(BUCKETS_MAX, power)
}

export function encodeTable(table: EdgeTable, buckets: number, digest: Digest): EncodedTable {
  const keysByBucket = Array.from({ length: buckets }, () => new Set<ServiceKey>())
  for (const [key, service] of table.services) keysByBucket[bucketOf(service, buckets)]?.add(key)
  return { slices: keysByBucket.map((keys) => encodeSlice(table, keys, digest)) }
}

/** Encodes again the slices of the services that changed; all of them when the buckets did. */
export function changeEncoded(
  before: { readonly encoded: EncodedTable; readonly table: EdgeTable },
  table: EdgeTable,
  changed: ReadonlySet<ServiceKey>,
  digest: Digest,
): EncodedTable {
  const { slices } = before.encoded
  const buckets = slices.length
  const keysByBucket = new Map<number, Set<ServiceKey>>()
  const keysOf = (service: EdgeService): Set<ServiceKey> => {
    const bucket = bucketOf(service, buckets)
    const keys = keysByBucket.get(bucket) ?? new Set(slices[bucket]?.keys)
    keysByBucket.set(bucket, keys)
    return keys
  }
  for (const key of changed) {
    const old = before.table.services.get(key)
    if (old !== undefined) keysOf(old).delete(key)
    const service = table.services.get(key)
    if (service !== undefined) keysOf(service).add(key)
  }
  if (keysByBucket.size === 0) return before.encoded
  const encoded = slices.map((slice, bucket) => {
    const keys = keysByBucket.get(bucket)
    return keys === undefined ? slice : encodeSlice(table, keys, digest)
  })
  const needed = bucketCount(slicesFilled(encoded.map(({ size }) => size)), buckets)
  return needed === buckets ? { slices: encoded } : encodeTable(table, needed, digest)
}

/** The name of a service's first pool is a hash of its key, which is as good as another. */
function bucketOf({ id }: EdgeService, buckets: number): number {
  return Number.parseInt(id.slice('u_'.length, 'u_'.length + HASH_DIGITS), 16) % buckets
}

const HASH_DIGITS = 8

function encodeSlice(
  table: EdgeTable,
  keys: ReadonlySet<ServiceKey>,
  digest: Digest,
): EncodedSlice {
  const members = [...keys]
    .sort(compareText)
    .map((key) => table.services.get(key))
    .filter((service) => service !== undefined)
  const streams = members.flatMap((each) => each.streams).sort(compareStreams)
  const text = sliceText({
    routes: members.flatMap((each) => each.routes).sort(compareRoutes),
    services: members.flatMap((each) => each.services),
    ...(streams.length > 0 && { streams }),
  })
  return { text, hash: digest(text), keys, size: sizeOf(members) }
}

function compareStreams(a: TableStream, b: TableStream): number {
  return compareText(a.protocol, b.protocol) || a.listen - b.listen
}

/** Every object of a slice was built with its keys in order, so this is its canonical text. */
function sliceText(slice: TableSlice): string {
  return JSON.stringify(slice)
}
