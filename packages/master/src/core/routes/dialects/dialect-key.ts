import type { ReasonCode } from '@roadstead/shared/protocol/reasons.ts'
import { nearest } from '../nearest.ts'

/**
 * One thing that can be written in the language of another tool, and what becomes of it here. Readers,
 * `docs/dialects.md` and a test of each row have this one source.
 */
export interface DialectKey {
  /** With names in angle brackets, each of one segment; `…` at the end is whatever follows. */
  readonly key: string
  /**
   * `works`: read. `remark`: served without it, and said so. `refused`: what it belongs to is not
   * served. `later`: the same, until a later version.
   */
  readonly state: 'works' | 'remark' | 'refused' | 'later'
  /** What it does here, or what is not done and what to do instead: one sentence. */
  readonly why: string
  /** A value; where it works, one that makes a difference. */
  readonly example: string
  /** Of what is refused. */
  readonly reason?: ReasonCode
  /** What else must be said for the example to mean something. */
  readonly beside?: Readonly<Record<string, string>>
}

/** Rows by their keys, which are compared without regard to case. */
export class KeyTable {
  readonly #rows: readonly Keyed[]

  constructor(rows: readonly DialectKey[]) {
    this.#rows = rows.map((row) => ({ row, pattern: row.key.toLowerCase().split('.') }))
  }

  /** The row that speaks of a key; places of lists are no part of it. */
  rowOf(key: string): DialectKey | undefined {
    const segments = key
      .toLowerCase()
      .replace(/\[\d{1,4}\]/g, '')
      .split('.')
    return this.#rows.find(({ pattern }) => fits(pattern, segments))?.row
  }

  /** The key that most likely was meant, with the names that were written. */
  nearest(key: string): string | undefined {
    const segments = key.split('.')
    const candidates = this.#rows.map(({ row }) => named(row.key.split('.'), segments))
    // What both begin with was not mistyped, and is often longer than all the rest.
    const shared = Math.max(...candidates.map((each) => sharedLength(each, segments)))
    const rest = (parts: readonly string[]) => parts.slice(shared).join('.')
    const near = candidates.filter((each) => sharedLength(each, segments) === shared).map(rest)
    const found = nearest(rest(segments), [...new Set(near)])
    return found === undefined ? undefined : [...segments.slice(0, shared), found].join('.')
  }
}

interface Keyed {
  readonly row: DialectKey
  readonly pattern: readonly string[]
}

function sharedLength(some: readonly string[], others: readonly string[]): number {
  const end = some.findIndex((each, index) => each !== others[index])
  return end === -1 ? some.length : end
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  const isOpen = pattern.at(-1) === REST
  if (isOpen ? segments.length < pattern.length : segments.length !== pattern.length) return false
  return pattern.every((each, index) => each === REST || isName(each) || each === segments[index])
}

function named(pattern: readonly string[], segments: readonly string[]): readonly string[] {
  return pattern
    .filter((each) => each !== REST)
    .map((each, index) => (isName(each) ? (segments[index] ?? each) : each))
}

function isName(segment: string): boolean {
  return segment.startsWith('<')
}

const REST = '…'
