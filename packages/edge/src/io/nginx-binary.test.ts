import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from './nginx-binary.ts'

const PATIENCE_MS = 20_000

const cases = [
  ['a program that says yes ends well', ['-c', 'exit 0'], PATIENCE_MS, 'well'],
  ['one that says no ends badly', ['-c', 'exit 1'], PATIENCE_MS, 'badly'],
  ['one that takes too long is ended, and has said nothing', ['-c', 'sleep 9'], 50, 'too-late'],
  [
    'one that somebody kills has said nothing either',
    ['-c', 'kill -9 $$'],
    PATIENCE_MS,
    'cut-short',
  ],
] as const

for (const [name, args, limitMs, ended] of cases) {
  test(name, async () => assert.equal((await run('/bin/sh', args, '/', limitMs)).ended, ended))
}

test('a program that is gone has said nothing', async () => {
  assert.equal((await run('/nonexistent/nginx', [], '/', PATIENCE_MS)).ended, 'cut-short')
})
