import { test } from 'node:test'
import type { SourceFile } from './tree.ts'

/** A test whose failure lists every place that breaks the law, as `path:line: X is banned, use Y`. */
export function law(name: string, breaches: () => readonly string[]): void {
  test(name, () => {
    const found = breaches()
    if (found.length > 0) throw new Breach(found)
  })
}

/** Only its text is of interest: the stack of a law leads to the law, not to who broke it. */
class Breach extends Error {
  constructor(places: readonly string[]) {
    super(`\n${places.join('\n')}\n`)
    this.stack = this.message
  }
}

/** Something that code may not contain, and what to write instead. */
export interface Ban {
  readonly pattern: RegExp
  readonly use: string
}

/** Every match of a ban in the code of the sources; comments and strings do not count. */
export function breachesIn(sources: readonly SourceFile[], bans: readonly Ban[]): string[] {
  return sources.flatMap((source) =>
    bans.flatMap(({ pattern, use }) =>
      [...source.code.matchAll(new RegExp(pattern, 'g'))].map(
        (found) => `${place(source, found.index)}: "${found[0].trim()}" is banned, ${use}`,
      ),
    ),
  )
}

/** `path:line` of a position in a source. */
export function place(source: SourceFile, index: number): string {
  const line = source.text.slice(0, index).split('\n').length
  return `${source.path}:${line}`
}
