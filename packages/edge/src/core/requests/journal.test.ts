import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ENDPOINT_COUNTS, ROUTE_COUNTS } from './counts.ts'
import { readJournal } from './journal.ts'

const row = (length: number, first: number) =>
  [first, ...Array.from({ length: length - 1 }, () => 0)].join(',')
const page = (first: number) =>
  `r ${row(ROUTE_COUNTS, first)} shop.test prefix /\ne ${row(ENDPOINT_COUNTS, first)} [fd00::1]:80\n`

test('pages are added up, by route and by endpoint', () => {
  const read = readJournal(`17 5 1 3\n${page(2)}${page(4)}end\n`)
  assert.deepEqual([read?.born, read?.last, read?.more, read?.lost], ['17', 5, true, 3])
  assert.equal(read?.tally.routes.get('shop.test prefix /')?.[0], 6)
  assert.equal(read.tally.endpoints.get('[fd00::1]:80')?.[0], 6)
})

test('an empty journal is one, too', () => {
  assert.deepEqual(readJournal('17 5 0 0\nend\n')?.tally.routes, new Map())
})

const refused: Readonly<Record<string, string>> = {
  'cut short': `17 5 0 0\n${page(1)}`,
  'cut within a line': `17 5 0 0\n${page(1).slice(0, 40)}`,
  'no head': `${page(1)}end\n`,
  'a row too short': `17 5 0 0\nr ${row(ROUTE_COUNTS - 1, 1)} a\nend\n`,
  'a row of the other kind': `17 5 0 0\ne ${row(ROUTE_COUNTS, 1)} a\nend\n`,
  'a negative number': `17 5 0 0\nr ${row(ROUTE_COUNTS, -1)} a\nend\n`,
  'a name that is none of ours': `17 5 0 0\nr ${row(ROUTE_COUNTS, 1)} a"b\nend\n`,
  nothing: '',
}

for (const [what, text] of Object.entries(refused)) {
  test(`refused: ${what}`, () => assert.equal(readJournal(text), undefined))
}
