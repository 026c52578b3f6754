import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { explainAt } from '../../core/history/explain-at.ts'
import { notesAbout } from '../../testing/notes.ts'
import { directHistory, type History } from './history.ts'

async function limitsAt(history: History, atMs: number): Promise<string> {
  const answer = await history.moment({ subject: 'c1', atMs })
  assert.ok(answer.did === 'moment', JSON.stringify(answer))
  const told = explainAt('c1', answer.moment)
  assert.ok(told.kind === 'explained', told.kind)
  return told.explanation.asOf?.limits.join(' ') ?? ''
}

test('a time at which this master did not run is said, and one at which changes were lost', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'roadstead-moment-'))
  await using _gone = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
  const path = join(folder, 'history.db')
  const first = directHistory(path, 'one')
  await first.open({ nowMs: 1_000 })
  await first.write({ notes: notesAbout(1, 5), nowMs: 10_000 })
  await first.close({ nowMs: 20_000 })
  const second = directHistory(path, 'two')
  await second.open({ nowMs: 60_000 })
  await second.write({ notes: notesAbout(1, 1, 70), nowMs: 70_000 })
  await second.lose({ sinceMs: 80_000, untilMs: 90_000, changes: 7 })

  assert.doesNotMatch(await limitsAt(second, 15_000), /did not run|could not be kept/)
  assert.match(await limitsAt(second, 30_000), /did not run from 1970-01-01T00:00:20.000Z/)
  assert.doesNotMatch(await limitsAt(second, 70_000), /did not run|could not be kept/)
  assert.match(await limitsAt(second, 85_000), /7 changes about then could not be kept/)
  await second.close({ nowMs: 90_000 })
})
