import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { readConfig } from '@roadstead/shared/kernel/read-config.ts'
import { defaultPolicy } from '@roadstead/master/core/routes/policy.ts'
import { exampleContainer } from '@roadstead/master/core/examples.ts'
import { streamFieldsOf } from '@roadstead/master/core/routes/label-keys.ts'
import { readLabels } from '@roadstead/master/core/routes/labels.ts'
import { sha256 } from '@roadstead/bus/sha256.ts'
import {
  containerKeys,
  headerKey,
  type Meaning,
  routeKeys,
} from '../../scripts/docs/label-meanings.ts'
import { streamKeys } from '../../scripts/docs/stream-meanings.ts'
import { modulesAt } from '../../scripts/docs/tables-by-package.ts'
import { law } from './law.ts'
import { filesMatching, read, ROOT } from './tree.ts'

/** Where advice is written that people follow to the letter. */
const TABLES = [
  'packages/shared/src/protocol/reasons.ts',
  'packages/shared/src/kernel/errors.ts',
  'packages/master/src/warnings.ts',
  'packages/master/src/core/runs/remedy.ts',
  'packages/cli/src/core/diagnose.ts',
  'packages/cli/src/core/diagnose-here.ts',
]
/** Decisions and the log of changes speak of other times. */
const PAPERS = filesMatching(/\.md$/).filter((file) => !/^docs\/adr\/|^CHANGELOG/.test(file))

law('every command that an advice names exists', () => {
  const known = commands()
  const inTables = TABLES.flatMap((file) => breaches(file, /\broadstead ([a-z][a-z-]*)/g))
  const inPapers = PAPERS.flatMap((file) =>
    breaches(file, /(?:`|^|npx )roadstead ([a-z][a-z-]*)/gm),
  )
  return [...inTables, ...inPapers]

  function breaches(file: string, pattern: RegExp): string[] {
    return found(file, pattern).flatMap(({ place, word }) =>
      known.has(word) ? [] : [`${place}: "roadstead ${word}" does not exist, name what does`],
    )
  }
})

law('every page that an advice names exists', () =>
  TABLES.flatMap((file) =>
    found(file, /\b(docs\/[\w./-]+\.md)/g).flatMap(({ place, word }) =>
      existsSync(path.join(ROOT, word)) ? [] : [`${place}: ${word} does not exist, add it`],
    ),
  ),
)

test('whatever nonsense a variable is set to, the answer says what to write', async () => {
  const modules = await modulesAt('packages/*/src/config.ts')
  const tables = modules.flatMap(({ exports }) => exports.flatMap((it) => tableIn(it)))
  assert.ok(tables.length >= 4, `${tables.length} tables of variables`)
  for (const table of tables) {
    for (const entry of table) {
      for (const value of ['foo', 'foo bar!\n', 'x'.repeat(5_000)]) {
        assert.match(problemWith(entry, value) ?? 'must', /^must/, `${entry.variable}=${value}`)
      }
    }
  }
})

test('the labels that the page shows as examples are understood', () => {
  // It hands over to another language, whose page has examples of its own.
  const { inherit: _other, ...ofContainer } = containerKeys
  const ofRoute = { ...routeKeys, [headerKey.key]: headerKey }
  const examples = [
    ...Object.entries<Meaning>(ofContainer).map(
      ([key, each]) => [`roadstead.${key}`, each] as const,
    ),
    ...Object.entries<Meaning>(ofRoute).map(
      ([key, each]) => [`roadstead.http.api.${key}`, each] as const,
    ),
  ]
  for (const [key, { example, beside = {} }] of examples) {
    const others = Object.entries(beside).map(([name, value]) => [`roadstead.${name}`, value])
    const labels = { 'roadstead.http.api.host': 'a.example', ...Object.fromEntries(others) }
    const container = exampleContainer(1, { labels: { ...labels, [key]: example } })
    const reading = readLabels(container, defaultPolicy, sha256)
    assert.deepEqual(reading?.refusals, [], key)
    assert.equal(reading.intents.length, 1)
  }
})

test('the examples of streams in the documentation are taken', () => {
  for (const protocol of ['tcp', 'udp'] as const) {
    for (const field of streamFieldsOf[protocol]) {
      const listen = { [`roadstead.${protocol}.db.listen`]: '6000', 'roadstead.port': '80' }
      const key = `roadstead.${protocol}.db.${field}`
      const labels = { ...listen, [key]: streamKeys[field].example }
      const reading = readLabels(exampleContainer(1, { labels }), defaultPolicy, sha256)
      assert.deepEqual(reading?.refusals, [], key)
      assert.equal(reading.intents.length, 1)
    }
  }
})

/** What the program itself lists, and `help`. */
function commands(): Set<string> {
  const program = path.join(ROOT, 'packages/cli/src/main.ts')
  const text = execFileSync(process.execPath, [program, '--help'], { encoding: 'utf8' })
  const listed = text.slice(text.indexOf('Commands:')).matchAll(/^ {2}([a-z][a-z|-]*)/gm)
  return new Set([...listed].flatMap((each) => (each[1] ?? '').split('|')))
}

function found(file: string, pattern: RegExp): { place: string; word: string }[] {
  return read(file)
    .split('\n')
    .flatMap((line, index) =>
      [...line.matchAll(pattern)].map((each) => ({
        place: `${file}:${index + 1}`,
        word: each[1] ?? '',
      })),
    )
}

const Entry = z.object({
  variable: z.string(),
  meaning: z.string(),
  schema: z.instanceof(z.ZodType),
})
type Entry = z.infer<typeof Entry>

function tableIn(value: unknown): Entry[][] {
  const parsed = z.record(z.string(), Entry).safeParse(value)
  return parsed.success && Object.keys(parsed.data).length > 0 ? [Object.values(parsed.data)] : []
}

function problemWith(entry: Entry, value: string): string | undefined {
  try {
    readConfig({ entry }, { [entry.variable]: value }, () => '')
    return undefined
  } catch (error) {
    if (!(error instanceof RoadsteadError)) throw error
    return String(error.facts[entry.variable])
  }
}
