import { z } from 'zod'
import type { ControlWrite, Stored } from '../ports.ts'
import type { ApiAnswer } from './jetstream.ts'

/** Error codes of JetStream that say something else than "not now". */
const WRONG_LAST_SEQUENCE = 10_071
/** Messages, bytes or storage at their limit. */
const FULL = new Set([10_023, 10_047, 10_077, 10_120])
/** Below this an answer is about the request, from here on about the server's state. */
const SERVER_TROUBLE = 500

const PubAck = z.object({ seq: z.int().positive(), duplicate: z.boolean().default(false) })

export function storedFrom(answer: ApiAnswer): Stored {
  if (answer.kind === 'unknown') return answer
  if (answer.kind === 'answer') {
    const ack = PubAck.safeParse(answer.value)
    if (!ack.success) return { kind: 'unknown', error: 'the acknowledgement cannot be read' }
    return { kind: 'stored', seq: ack.data.seq, duplicate: ack.data.duplicate }
  }
  const full = FULL.has(answer.code)
  if (!full && answer.status >= SERVER_TROUBLE) return { kind: 'unknown', error: answer.error }
  return { kind: 'refused', error: answer.error, full }
}

export function controlWriteFrom(answer: ApiAnswer): ControlWrite {
  if (answer.kind === 'error' && answer.code === WRONG_LAST_SEQUENCE) {
    const last = /: (\d+)$/.exec(answer.error)?.[1]
    if (last !== undefined) return { kind: 'wrong-sequence', last: Number(last) }
  }
  const stored = storedFrom(answer)
  switch (stored.kind) {
    case 'stored':
      return { kind: 'stored', seq: stored.seq }
    case 'refused':
    case 'unknown':
      return { kind: 'unknown', error: stored.error }
  }
}
