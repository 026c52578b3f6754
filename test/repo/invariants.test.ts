import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

const ROOT = path.resolve(import.meta.dirname, '../..')
const INVARIANTS = Array.from({ length: 14 }, (_, index) => `I${index + 1}`)

const rows = new Map(
  readFileSync(path.join(ROOT, 'ARCHITECTURE.md'), 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => /^I\d+$/.test(cells[1] ?? ''))
    .map((cells) => [cells[1] ?? '', cells] as const),
)

test('ARCHITECTURE.md states every invariant once', () => {
  assert.deepEqual([...rows.keys()], INVARIANTS)
})

for (const invariant of INVARIANTS) {
  test(`the tests that ARCHITECTURE.md names for ${invariant} have a test of that number`, () => {
    const files = linksIn(rows.get(invariant)?.[4] ?? '')
    assert.ok(files.length > 0, `${invariant} names no test`)
    const named = files.some((file) =>
      readFileSync(path.join(ROOT, file), 'utf8').includes(`(${invariant})`),
    )
    assert.ok(named, `no test in ${files.join(', ')} has a name that ends with (${invariant})`)
  })
}

function linksIn(cell: string): string[] {
  return [...cell.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target ?? '')
}
