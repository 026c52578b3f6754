import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { blank } from './blank.ts'

export const ROOT = path.resolve(import.meta.dirname, '../..')

/** Made, fetched or kept by somebody else: not part of what we wrote. */
const OUTSIDE = new Set(['node_modules', 'dist', 'build', 'coverage', '.git', '.roadstead'])

/** A file of the repository; paths are relative to its root, with forward slashes. */
export interface SourceFile {
  readonly path: string
  readonly text: string
  /** The text with the insides of comments and strings blanked out, line by line the same. */
  readonly code: string
}

const every: readonly string[] = walk('')

function walk(folder: string): string[] {
  const entries = readdirSync(path.join(ROOT, folder), { withFileTypes: true })
  return entries
    .filter((entry) => !OUTSIDE.has(entry.name))
    .flatMap((entry) => {
      const place = path.posix.join(folder, entry.name)
      if (entry.isDirectory()) return walk(place)
      return entry.isFile() ? [place] : []
    })
    .sort()
}

export function filesMatching(pattern: RegExp): string[] {
  return every.filter((file) => pattern.test(file))
}

export function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8')
}

const sources: readonly SourceFile[] = filesMatching(/\.(ts|tsx|mjs)$/).map((file) => {
  const text = read(file)
  return { path: file, text, code: blank(text) }
})

/** Sources whose path the first pattern matches and none of the others does. */
export function sourcesMatching(wanted: RegExp, ...unwanted: readonly RegExp[]): SourceFile[] {
  return sources.filter(
    (source) => wanted.test(source.path) && !unwanted.some((it) => it.test(source.path)),
  )
}
