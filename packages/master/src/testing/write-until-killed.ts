import process from 'node:process'
import { directHistory } from '../io/history/history.ts'
import { notesAbout } from './notes.ts'

/** A process that writes one batch after the other, says how many there are, and waits for its end. */
const [, , path = ''] = process.argv
const history = directHistory(path, 'one')
await history.open({ nowMs: 0 })
for (let batch = 0; ; batch += 1) {
  await history.write({ notes: notesAbout(1, 10, 1 + batch * 10), nowMs: batch })
  process.send?.(batch + 1)
}
