import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { ShortHashLength } from '@roadstead/shared/kernel/ids.ts'
import type { LiveEntries, LiveEntry } from './live-table.ts'

/**
 * All entries of the live tier, in buckets by key, so that a change costs as much as the change: what
 * did not change is shared with the set before, is not compared and is not hashed again.
 */
export interface EntrySet {
  readonly buckets: readonly LiveEntries[]
  readonly count: number
}

/** A set of 20,000 entries has 80 in each; hashing 80 lines costs less than hashing all buckets' names. */
const BUCKETS = 256
const emptyBucket: LiveEntries = new Map()

export const noEntries: EntrySet = { buckets: Array(BUCKETS).fill(emptyBucket), count: 0 }

/** The set with these entries changed; undefined takes one away. */
export function changeEntries(
  set: EntrySet,
  changes: Iterable<readonly [key: string, value: string | undefined]>,
): EntrySet {
  const opened = new Map<number, Map<string, string>>()
  let { count } = set
  for (const [key, value] of changes) {
    const at = bucketOf(key)
    const before = (opened.get(at) ?? set.buckets[at])?.get(key)
    if (before === value) continue
    const bucket = opened.get(at) ?? new Map(set.buckets[at])
    opened.set(at, bucket)
    if (value === undefined) bucket.delete(key)
    else bucket.set(key, value)
    count += Number(value !== undefined) - Number(before !== undefined)
  }
  if (opened.size === 0) return set
  return { count, buckets: set.buckets.map((bucket, at) => opened.get(at) ?? bucket) }
}

export interface EntryChange {
  readonly key: string
  readonly before: string | undefined
  readonly after: string | undefined
}

/** The entries in which two sets differ, in no particular order. */
export function entryChanges(before: EntrySet, after: EntrySet): readonly EntryChange[] {
  return before.buckets.flatMap((old, at) => {
    const young = after.buckets[at] ?? emptyBucket
    return old === young ? [] : bucketChanges(old, young)
  })
}

export function entryOf(set: EntrySet, key: string): string | undefined {
  return set.buckets[bucketOf(key)]?.get(key)
}

/** All of them, for a push of everything. */
export function* allEntries(set: EntrySet): Generator<LiveEntry> {
  for (const bucket of set.buckets) yield* bucket
}

/** The name of a set: a hash over the hashes of its buckets, each computed once. */
export function liveGeneration(set: EntrySet, digest: Digest): string {
  const hashes = set.buckets.map((bucket) => hashOf(bucket, digest))
  return digest(hashes.join('\n')).slice(0, ShortHashLength)
}

/**
 * The name of what visitors meet: of the file alone, or of the file and the entries that nginx holds.
 */
export function wholeGeneration(file: string, live: string | undefined, digest: Digest): string {
  return live === undefined ? file : digest(`${file} ${live}\n`).slice(0, ShortHashLength)
}

/** What nginx loads when its memory is empty; the last line tells a whole text from a cut one. */
export function liveText(set: EntrySet, digest: Digest): string {
  const lines = set.buckets.map(textOf).join('')
  return `${lines}# ${set.count} ${liveGeneration(set, digest)}\n`
}

export interface NamedEntries {
  readonly set: EntrySet
  readonly generation: string
}

/** The entries of such a text and their name; undefined when it was cut or edited anywhere. */
export function readLiveText(text: string, digest: Digest): NamedEntries | undefined {
  const lines = text.split('\n')
  const last = /^# ([0-9]+) ([0-9a-f]{16})$/.exec(lines.at(-2) ?? '')
  if (last === null || lines.at(-1) !== '') return undefined
  const entries = lines.slice(0, -2).map((line) => {
    const end = line.indexOf(' ')
    return [line.slice(0, end), line.slice(end + 1)] as const
  })
  const set = changeEntries(noEntries, entries)
  const generation = liveGeneration(set, digest)
  const isWhole =
    generation === last[2] && entries.length === Number(last[1]) && set.count === entries.length
  return isWhole ? { set, generation } : undefined
}

function bucketChanges(old: LiveEntries, young: LiveEntries): readonly EntryChange[] {
  const changed = [...young]
    .filter(([key, value]) => old.get(key) !== value)
    .map(([key, after]) => ({ key, before: old.get(key), after }))
  const gone = [...old]
    .filter(([key]) => !young.has(key))
    .map(([key, before]) => ({ key, before, after: undefined }))
  return [...changed, ...gone]
}

/** A bucket never changes, so its text is made once for as long as anybody holds it. */
const texts = new WeakMap<LiveEntries, { readonly text: string; hash: string | undefined }>()

function knownOf(bucket: LiveEntries): { readonly text: string; hash: string | undefined } {
  const known = texts.get(bucket)
  if (known !== undefined) return known
  const lines = Array.from(bucket, ([key, value]) => `${key} ${value}\n`)
  const made = { text: lines.sort().join(''), hash: undefined }
  texts.set(bucket, made)
  return made
}

function textOf(bucket: LiveEntries): string {
  return knownOf(bucket).text
}

function hashOf(bucket: LiveEntries, digest: Digest): string {
  const known = knownOf(bucket)
  known.hash ??= digest(known.text)
  return known.hash
}

/** FNV-1a, the cheapest hash that spreads keys which differ in few characters. */
function bucketOf(key: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  }
  return (hash >>> 8) % BUCKETS
}
