import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAlive, parseProcStat } from './proc-stat.ts'

const TAIL = '0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 0 0'

test('a process is read also when its name looks like the fields after it', () => {
  const stat = parseProcStat(`4711 (a) S 1 (x)) R 12 4711 4711 ${TAIL}`)

  assert.deepEqual(stat, { pid: 4711, state: 'R', parent: 12, group: 4711, startTicks: 987_654 })
})

test('a zombie is dead', () => {
  const stat = parseProcStat(`4711 (node) Z 12 4711 4711 ${TAIL}`)

  assert.ok(stat !== undefined && !isAlive(stat))
})

test('what is no such line is none', () => {
  assert.equal(parseProcStat(''), undefined)
  assert.equal(parseProcStat('nonsense'), undefined)
})
