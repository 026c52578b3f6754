import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Report } from './visitor.ts'

/** What visitors sent, held against what the endpoints wrote down. */
export interface Settled {
  readonly posts: number
  /** Visitors were not told that it was done. */
  readonly lost: number
  /** Lost ones that were done all the same. */
  readonly doneUntold: number
  /** Done more than once. */
  readonly repeated: number
  /** Visitors were told that it was done, and nobody has it in his book. */
  readonly untrue: number
}

/** The books of every container that was ever given this folder. */
export function settle(books: string, reports: readonly Report[]): Settled {
  const times = new Map<string, number>()
  for (const name of readdirSync(books)) {
    const lines = readFileSync(path.join(books, name), 'utf8').split('\n').filter(Boolean)
    for (const id of lines) times.set(id, (times.get(id) ?? 0) + 1)
  }
  const done = reports.flatMap(({ posts }) => posts.done)
  const failed = reports.flatMap(({ posts }) => posts.failed)
  const sent = [...done, ...failed]
  return {
    posts: sent.length,
    lost: failed.length,
    doneUntold: failed.filter((id) => times.has(id)).length,
    repeated: sent.filter((id) => (times.get(id) ?? 0) > 1).length,
    untrue: done.filter((id) => !times.has(id)).length,
  }
}
