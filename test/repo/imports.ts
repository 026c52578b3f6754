import path from 'node:path'
import { place } from './law.ts'
import { sourcesMatching, type SourceFile } from './tree.ts'

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

/** A test, or a file that only tests import: what holds for services need not hold for it. */
export function isTest(file: string): boolean {
  return testFiles.has(file)
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

/** Every source that imports the file, by that file. */
export const importersByFile: ReadonlyMap<string, ReadonlySet<string>> = readImporters()

function readImporters(): Map<string, Set<string>> {
  const importers = new Map<string, Set<string>>()
  for (const { target, from } of sourcesMatching(/./).flatMap(importsOf)) {
    const known = importers.get(target) ?? new Set()
    importers.set(target, known.add(from.path))
  }
  return importers
}

/** The long trials are tests too, though nobody but a person runs them. */
const ENTRIES = /\.test\.ts$|^test\/chaos\/main\.ts$/

const testFiles = readTestFiles()

/** Grows until nothing more joins: what only test files import is a test file too. */
function readTestFiles(): ReadonlySet<string> {
  const tests = new Set(sourcesMatching(ENTRIES).map(({ path }) => path))
  for (let before = -1; before < tests.size; ) {
    before = tests.size
    for (const [file, importers] of importersByFile) {
      if ([...importers].every((it) => tests.has(it)) && !hasOwnTest(file)) tests.add(file)
    }
  }
  return tests
}

/** Whoever tests a file means it to be used. */
function hasOwnTest(file: string): boolean {
  return importersByFile.get(file)?.has(file.replace(/\.tsx?$/, '.test.ts')) === true
}
