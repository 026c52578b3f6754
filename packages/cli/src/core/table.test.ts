import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { plain, widthOf } from './cell.ts'
import { type Column, renderTable } from './table.ts'

type Row = readonly [string, string, string]

const columns: readonly Column<Row>[] = [
  { title: 'NAME', priority: 1, cutTo: 6, cell: ([name]) => plain(name) },
  { title: 'STATE', priority: 2, cell: ([, state]) => plain(state) },
  { title: 'DETAILS', priority: 3, cutTo: 7, cell: ([, , details]) => plain(details) },
]
const page = { width: 80, colour: false, wide: false }

test('columns line up, and no line has blanks at its end', () => {
  const text = renderTable(
    columns,
    [
      ['alpha', 'present', ''],
      ['b', 'lost', 'since noon'],
    ],
    page,
  )

  assert.equal(
    text,
    ['NAME   STATE    DETAILS', 'alpha  present', 'b      lost     since noon', ''].join('\n'),
  )
})

test('what does not fit is cut where it may be, and then dropped from the least important on', () => {
  const row: Row = ['a-rather-long-name', 'present', 'everything there is to say about it']

  const lines = (width: number): string[] =>
    renderTable(columns, [row], { ...page, width })
      .trimEnd()
      .split('\n')

  assert.deepEqual(lines(40), [
    'NAME            STATE    DETAILS',
    'a-rather-long…  present  everything the…',
  ])
  assert.deepEqual(lines(20), ['NAME         STATE', 'a-rather-l…  present'])
  assert.deepEqual(lines(6), ['NAME', 'a-rat…'])
})

test('the wide table keeps everything', () => {
  const row: Row = ['a-rather-long-name', 'present', 'x'.repeat(200)]

  const text = renderTable(columns, [row], { width: 20, colour: false, wide: true })

  assert.ok(text.includes('x'.repeat(200)))
})

test('a line is never longer than the terminal, whatever the cells hold', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string(), fc.string()), {
        maxLength: 5,
      }),
      fc.integer({ min: 8, max: 160 }),
      (rows, width) => {
        const flexible = columns.map((column) => ({ ...column, cutTo: 4 }))
        const text = renderTable(flexible, rows, { width, colour: false, wide: false })
        for (const line of text.trimEnd().split('\n')) assert.ok(widthOf(line) <= width, line)
      },
    ),
  )
})

test('a name cannot act on the terminal that lists it', () => {
  const hostile: Row = ['\u001b[2Jgone\r\nx', 'a\u202eb', '\u0007']

  const text = renderTable(columns, [hostile], page)

  assert.match(text, /\\x1b\[2Jgone\\x0d\\x0ax/)
  assert.match(text, /a\\u\{202e\}b/)
  assert.equal(text.split('\n').length, 3)
})
