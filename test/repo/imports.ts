import path from 'node:path'
import { place } from './law.ts'
import type { SourceFile } from './tree.ts'

/** One import of one file. */
export interface Import {
  readonly from: SourceFile
  /** As written. */
  readonly specifier: string
  /** A path in the repository for our own files, else the name of the package or built-in. */
  readonly target: string
  readonly typeOnly: boolean
  readonly place: string
}

const IMPORT = /\b(import|export)\b(\s+type\b)?[^'"`;()=]*?\bfrom\s*(['"])/g
const BARE_IMPORT = /\bimport\s*\(?\s*(['"])/g

/** Reads them from the code with its strings blanked, and the specifiers from the text. */
export function importsOf(source: SourceFile): Import[] {
  const named = [...source.code.matchAll(IMPORT)].map((found) => ({
    start: found.index,
    quote: found.index + found[0].length - 1,
    typeOnly: found[2] !== undefined,
  }))
  const bare = [...source.code.matchAll(BARE_IMPORT)].map((found) => ({
    start: found.index,
    quote: found.index + found[0].length - 1,
    typeOnly: false,
  }))
  return [...named, ...bare].map(({ start, quote, typeOnly }) => {
    const end = source.text.indexOf(source.text[quote] ?? '', quote + 1)
    const specifier = source.text.slice(quote + 1, end)
    const target = targetOf(source.path, specifier)
    return { from: source, specifier, target, typeOnly, place: place(source, start) }
  })
}

function targetOf(importer: string, specifier: string): string {
  if (specifier.startsWith('.')) return path.posix.join(path.posix.dirname(importer), specifier)
  const own = /^@roadstead\/([^/]+)\/(.+)$/.exec(specifier)
  if (own === null) return packageOf(specifier)
  const [, name = '', file = ''] = own
  return name === 'test' || name === 'bench' ? `${name}/${file}` : `packages/${name}/src/${file}`
}

function packageOf(specifier: string): string {
  const names = specifier.split('/')
  return specifier.startsWith('@') ? names.slice(0, 2).join('/') : (names[0] ?? '')
}
