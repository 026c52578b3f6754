import path from 'node:path'
import { law, place } from './law.ts'
import { filesMatching, sourcesMatching } from './tree.ts'

/** A word that means something else, or nothing, in this house; see docs/glossary.md. */
interface Refused {
  readonly word: string
  readonly use: string
  /** Where the word is somebody else's own name for a thing of theirs. */
  readonly except?: RegExp
}

const EDGE = /^packages\/edge\/|^deploy\/|^test\/hostile\/oracle/
/** Where the JSON of the Docker API is taken apart or made. */
const DOCKERS_WORDS = /^packages\/(agent\/src\/core\/(engine-json|news)\.ts|simulator\/)/

const REFUSED: readonly Refused[] = [
  { word: 'slave', use: 'standby' },
  { word: 'vhost', use: 'domain' },
  { word: 'ruleset', use: 'table' },
  { word: 'backend', use: 'endpoint' },
  { word: 'daemon', use: 'engine', except: DOCKERS_WORDS },
  { word: 'collector', use: 'agent' },
  { word: 'applier', use: 'edge' },
  { word: 'upstream', use: 'service or endpoint', except: EDGE },
]

/** Names that say nothing about what is inside. */
const EMPTY_NAMES = ['util', 'utils', 'helper', 'helpers', 'common', 'misc', 'manager', 'stuff']

const sources = sourcesMatching(/^(packages|test|bench|scripts)\//, /^test\/repo\//)

law('identifiers use the words of the glossary', () =>
  sources.flatMap((source) =>
    [...source.code.matchAll(/[A-Za-z_$][\w$]*/g)].flatMap((found) =>
      refusedIn(found[0], source.path).map(
        ({ word, use }) => `${place(source, found.index)}: "${word}" is banned, use ${use}`,
      ),
    ),
  ),
)

law('file names use the words of the glossary', () =>
  filesMatching(/^(packages|test|bench|scripts|docs)\//).flatMap((file) =>
    refusedIn(file.replace(/\W+/g, '_'), file).map(
      ({ word, use }) => `${file}:1: "${word}" is banned, use ${use}`,
    ),
  ),
)

law('no file or folder has an empty name', () =>
  filesMatching(/^(packages|test|bench|scripts)\//).flatMap((file) => {
    const names = file.split('/').map((part) => path.posix.parse(part).name.split('.')[0] ?? '')
    const empty = names.filter((name) => EMPTY_NAMES.some((it) => wordsOf(name).includes(it)))
    return empty.map((name) => `${file}:1: "${name}" is banned, name it for what is inside`)
  }),
)

law('nothing is left for later in the sources', () =>
  sourcesMatching(/^(packages|test|bench|scripts)\//, /^test\/repo\//).flatMap((source) =>
    [...source.text.matchAll(/\b(TODO|FIXME|XXX|HACK)\b/g)].map(
      (found) => `${place(source, found.index)}: "${found[0]}" is banned, do it or open an issue`,
    ),
  ),
)

function refusedIn(name: string, file: string): Refused[] {
  const words = wordsOf(name)
  return REFUSED.filter(({ word, except }) => {
    if (except?.test(file) === true) return false
    return words.includes(word) || words.includes(`${word}s`)
  })
}

/** camelCase, kebab-case and CAPITALS alike. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
}
