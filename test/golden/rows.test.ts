import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { RELOADING_KEYS } from '../../scripts/docs/label-meanings.ts'
import { diffLines } from './diff.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { ownRows, type Row, traefikRows, virtualHostRows } from './rows.ts'

/**
 * Every row of the tables in docs/labels.md and docs/dialects.md, set on a container beside the same one
 * without it: what is said to its owner, and every line of nginx that it makes or takes away.
 * `npm run golden -- --update` writes the files anew; what it wrote is then read, not trusted.
 */
const FOLDER = path.join(import.meta.dirname, 'rows')
const isUpdate = process.env['UPDATE_GOLDEN'] === '1'

/** What it is for is not in a table: `core/runs/sight.ts` reads it. */
const ELSEWHERE = new Set(['roadstead.drain'])
const PARTS = ['nginx', 'streams', 'memory', 'checks', 'table'] as const

const INTRO =
  'What each key makes of the text of nginx (reload tier), of the entries in its memory (live tier)\n' +
  'and of what edges ask endpoints: + is there with the key, - only without it. The headers that every\n' +
  'location sends are left out, and what is said of /x and of /x/ stands here once.\n'

for (const [name, rows] of [
  ['roadstead', ownRows()],
  ['traefik', traefikRows()],
  ['nginx-proxy', virtualHostRows()],
] as const) {
  const file = path.join(FOLDER, `${name}.txt`)
  if (isUpdate) {
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(file, [INTRO, ...rows.map((row) => `${textOf(row)}\n`)].join('\n'))
  }
  const written = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const texts = new Map(
    written
      .split('\n==== ')
      .slice(1)
      .map((text) => [text.slice(0, text.indexOf('\n')), `==== ${text}`.trimEnd()]),
  )
  test(`rows ${name}: the file has these rows and no other`, () => {
    assert.deepEqual([...texts.keys()], [...new Set(rows.map(({ title }) => title))])
  })
  for (const row of rows) {
    test(`rows ${name}: ${row.title}`, () => {
      assert.equal(textOf(row), texts.get(row.title))
      assert.ok(isSo(row), `the docs say of it: ${row.state}`)
    })
  }
}

test('the docs say of which keys of a route a change is a reload in the live tier', () => {
  const found = ownRows()
    .filter(({ state, ...row }) => {
      const [before, after] = [outcomeOf(row.without), outcomeOf(row.with)]
      return state === 'works' && diffLines(before.text, after.text).length > 0
    })
    .map(({ set }) => set.key)
    .filter((key) => !STREAM.test(key))
  assert.deepEqual(
    found.sort(),
    RELOADING_KEYS.map((key) => `roadstead.http.api.${key}`).toSorted(),
  )
})

/** Of these the docs say it all together. */
const STREAM = /^roadstead\.(?:tcp|udp)\./

/** Whether what the docs say becomes of the key is what becomes of it. */
function isSo({ state, title, ...worlds }: Row): boolean {
  const [before, after] = [outcomeOf(worlds.without), outcomeOf(worlds.with)]
  const isRouted = after.verdicts.some((it) => it.endsWith(' routed'))
  const isChanged = PARTS.some((part) => diffLines(before[part], after[part]).length > 0)
  const isUntold = !after.verdicts.some((it) => it.startsWith('remark: '))
  switch (state) {
    case 'works':
      return isChanged || ELSEWHERE.has(title.split(' = ')[0] ?? '')
    case 'remark':
      return isRouted && !isUntold
    case 'refused':
    case 'later':
      return after.verdicts.some((it) => !it.startsWith('remark: ') && !it.endsWith(' routed'))
  }
}

function textOf({ title, ...worlds }: Row): string {
  const [before, after] = [outcomeOf(worlds.without), outcomeOf(worlds.with)]
  const isRouted = after.verdicts.some((it) => it.endsWith(' routed'))
  const parts = isRouted ? PARTS.flatMap((part) => partOf(part, before, after)) : []
  // A table says the same as nginx in other words; it is shown where nginx is not told.
  const shown = parts.length > 1 ? parts.filter(({ part }) => part !== 'table') : parts
  const sections = shown.flatMap(({ part, lines }) => [part, ...lines.map((it) => `  ${it}`)])
  return [`==== ${title}`, ...after.verdicts, ...sections].join('\n')
}

function partOf(part: (typeof PARTS)[number], before: Outcome, after: Outcome) {
  const lines = withoutRepeats(diffLines(before[part], after[part]))
  return lines.length === 0 ? [] : [{ part, lines }]
}

/** A path has two locations, `/x` and `/x/`, and what both say is to be read once. */
function withoutRepeats(lines: readonly string[]): readonly string[] {
  const kept = [...lines]
  for (let length = Math.floor(kept.length / 2); length > 0; length -= 1) {
    for (let at = 0; at + 2 * length <= kept.length; at += 1) {
      const block = kept.slice(at, at + length)
      const isTwice = block.every((line, index) => line === kept[at + length + index])
      if (isTwice) kept.splice(at + length, length)
    }
  }
  return kept
}
