import { sha256 } from '@roadstead/bus/sha256.ts'
import { exampleContainer, exampleStamp } from '../core/examples.ts'
import type { Note } from '../core/history/note.ts'
import { notesOfObservation } from '../core/history/observed.ts'

/** So many changes of one container of host `h<number>`, each at its own second. */
export function notesAbout(number: number, count: number, from = 1): Note[] {
  return Array.from({ length: count }, (_, at) => {
    const stamp = exampleStamp(`h${number}`, from + at)
    const container = exampleContainer(number, { restartCount: from + at })
    const cause = { action: 'start', timeNano: '1', seenAtMs: (from + at) * 1_000 }
    return notesOfObservation({ kind: 'container-seen', stamp, container, cause }, sha256)
  }).flat()
}
