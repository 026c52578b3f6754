import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exampleDigest, exampleImage, exampleImages, exampleVolumes } from '../stock-examples.ts'
import { lineOf } from './line.ts'
import { notesOfStock } from './stocked.ts'

const [A, B, C] = [1, 2, 3].map((number) => exampleImage(exampleDigest(number)))
assert.ok(A !== undefined && B !== undefined && C !== undefined)

/** As the list of events shows them. */
function lines(...change: Parameters<typeof notesOfStock>): string[] {
  return notesOfStock(...change).map((note) => {
    assert.ok(note.kind === 'line')
    const { what, details } = JSON.parse(note.body)
    const { atMs, cause, thing } = note
    const now = { kind: 'line', what, details } as const
    const line = lineOf({ ...thing, hostName: 'alpha', atMs, cause, now, before: undefined })
    return `${line.cause}: ${line.what} ${line.subject} ${Object.values(line.details).join(' ')}`
  })
}

test('what came, what went and what is called otherwise is told, and the rest is not', () => {
  const before = [A, { ...B, tags: ['shop:1'] }]
  const now = [
    { ...B, tags: ['shop:1', 'shop:2'] },
    { ...C, tags: ['new:1'] },
  ]
  assert.deepEqual(lines(before, exampleImages('alpha', 7, now)), [
    'agent: list: image gone 000000000000 ',
    'agent: list: image named shop:1 shop:1 → shop:1 shop:2',
    'agent: list: image found new:1 000000000000 new:1',
  ])
  assert.deepEqual(lines(now, exampleImages('alpha', 8, now)), [])
})

test('rows of two masters have the same keys, whoever heard it when', () => {
  const [note] = notesOfStock([], exampleVolumes('alpha', 7, ['data'], { slice: 3 }))
  assert.ok(note?.kind === 'line')
  assert.deepEqual(note.place, { stream: 'stock alpha volumes 3', incarnation: 1, seq: 7 })
  assert.deepEqual(note.thing, { kind: 'volume', key: 'data', host: 'alpha', name: 'data' })
})
