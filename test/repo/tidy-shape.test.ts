import path from 'node:path'
import { importersByFile, importsOf, isTest } from './imports.ts'
import { breachesIn, law, place } from './law.ts'
import { filesMatching, read, sourcesMatching } from './tree.ts'

const TEST = /\.test\.ts$/

const LINES_MAX = 300
/** A test may list its cases; it is read one case at a time. */
const TEST_LINES_MAX = 400
/** Biome wraps code at 100; only strings and comments can be longer. */
const COLUMNS_MAX = 110

const README_LINES_MAX = 80
const README_HEADINGS = [
  'What it owns',
  'What it never does',
  'Where to start reading',
  'Run it alone',
]

const sources = sourcesMatching(/./)

law('files stay small', () =>
  sources.flatMap(({ path, text }) => {
    const lines = text.split('\n').length - 1
    const max = isTest(path) ? TEST_LINES_MAX : LINES_MAX
    if (lines <= max) return []
    return [`${path}:${max}: ${lines} lines are banned, split it by what its parts are about`]
  }),
)

law('lines can be read without scrolling', () =>
  sources.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      if (line.length <= COLUMNS_MAX) return []
      return [`${path}:${index + 1}: ${line.length} columns are banned, wrap it`]
    }),
  ),
)

law('modules export by name, one by one', () =>
  breachesIn(
    sources.filter(({ path }) => !path.endsWith('vite.config.ts')),
    [
      { pattern: /\bexport\s+default\b/, use: 'export it by name' },
      { pattern: /\bexport\s*(type\s*)?\*/, use: 'let users import the file that has it' },
      { pattern: /\bas\s+default\b/, use: 'export it by name' },
    ],
  ),
)

law('TypeScript can be erased', () =>
  breachesIn(sources, [
    { pattern: /^\s*(export\s+)?(declare\s+)?(const\s+)?enum\s+\w/m, use: 'use a union' },
    { pattern: /^\s*(export\s+)?(declare\s+)?namespace\s+\w/m, use: 'use a module' },
  ]),
)

law('imports of our own files end in their real extension', () =>
  sources.flatMap(importsOf).flatMap((it) => {
    const own = it.specifier.startsWith('.') || it.specifier.startsWith('@roadstead/')
    if (!own || /\.(ts|tsx|mjs|css|json)$/.test(it.specifier)) return []
    return [`${it.place}: ${it.specifier} is banned, write the extension`]
  }),
)

law('a lint rule is switched off only with a reason', () =>
  sources.flatMap((source) =>
    [...source.text.matchAll(/(oxlint|eslint)-disable[^\n]*|@ts-(ignore|nocheck|expect-error).*/g)]
      .filter(([line]) => !/ -- \S/.test(line) && !source.path.startsWith('test/repo/'))
      .map((found) => `${place(source, found.index)}: add the reason after " -- "`),
  ),
)

law('every file is used by more than its own test', () =>
  sourcesMatching(/^packages\/[^/]+\/src\//, TEST)
    .filter(({ path }) => !/\/src\/main\.tsx?$/.test(path))
    .filter(
      ({ path }) => ![...(importersByFile.get(path) ?? [])].some((it) => it !== ownTestOf(path)),
    )
    .filter((source) => !isNamedElsewhere(source.path))
    .map(({ path }) => `${path}:1: an unused file is banned, delete it`),
)

law('every package answers the four questions in its README', () =>
  filesMatching(/^packages\/[^/]+\/package\.json$/).flatMap((manifest) => {
    const file = manifest.replace('package.json', 'README.md')
    if (filesMatching(/README\.md$/).every((it) => it !== file)) return [`${file}:1: is missing`]
    const text = read(file)
    const lines = text.split('\n').length - 1
    const tooLong = lines > README_LINES_MAX ? [`${file}:1: ${lines} lines are banned, cut it`] : []
    const missing = README_HEADINGS.filter((heading) => !text.includes(`\n## ${heading}\n`))
    return [...tooLong, ...missing.map((heading) => `${file}:1: add "## ${heading}"`)]
  }),
)

function ownTestOf(file: string): string {
  return file.replace(/\.tsx?$/, '.test.ts')
}

/** Started as a process or a worker of its own, by a path in a string that is no import. */
function isNamedElsewhere(file: string): boolean {
  const name = `/${path.posix.basename(file)}`
  return sources.some((source) => {
    if (source.path === file) return false
    const imported = importsOf(source).filter((it) => it.specifier.endsWith(name)).length
    return source.text.split(name).length - 1 > imported
  })
}
