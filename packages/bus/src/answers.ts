import type { SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { CommandReply } from '@roadstead/shared/protocol/command.ts'
import { PastQuestion } from '@roadstead/shared/protocol/past.ts'
import { type LetGoReply, LetGoRequest } from '@roadstead/shared/protocol/run.ts'
import { Signed } from '@roadstead/shared/protocol/signed.ts'
import type { z } from 'zod'
import { decode, type Decoded } from './codec.ts'
import { askSubject, pastSubject, QUESTION_BYTES_MAX } from './subjects.ts'

/** What is said to a question. No `reply`: silence, which is also an answer. */
export interface Answer {
  readonly reply?: string
  /** What was wrong with the question, for the log. */
  readonly complaint?: string
}

/** Answers what was asked on a subject, whoever asked: the bus vouches for the subject only. */
export type Answerer = (subject: string, text: string) => Promise<Answer>

/** Whatever cannot be a command is refused by name, so that nobody waits for an answer in vain. */
export function commandAnswerer(handle: (command: Signed) => Promise<CommandReply>): Answerer {
  return async (_, text) => {
    const command = decodeShort(Signed, text)
    if (command.kind === 'value') return { reply: JSON.stringify(await handle(command.value)) }
    const refused: CommandReply = { kind: 'refused', id: '', reason: 'unreadable' }
    return { reply: JSON.stringify(refused), complaint: command.error }
  }
}

/** A host asks on its own subject only, so its words must be about the same host. */
export function letGoAnswerer(
  site: SiteId,
  handle: (request: LetGoRequest) => Promise<LetGoReply | undefined>,
): Answerer {
  return async (subject, text) => {
    const asked = decodeShort(LetGoRequest, text)
    if (asked.kind === 'invalid') return { complaint: asked.error }
    if (subject !== askSubject(site, asked.value.host)) return { complaint: 'about another host' }
    const reply = await handle(asked.value)
    return reply === undefined ? {} : { reply: JSON.stringify(reply) }
  }
}

/** A master asks on its own subject only; what is answered was made, and is read, by other threads. */
export function pastAnswerer(
  site: SiteId,
  handle: (question: PastQuestion) => Promise<string | undefined>,
): Answerer {
  return async (subject, text) => {
    const asked = decodeShort(PastQuestion, text)
    if (asked.kind === 'invalid') return { complaint: asked.error }
    if (subject !== pastSubject(site, asked.value.master)) return { complaint: 'of another master' }
    const reply = await handle(asked.value)
    return reply === undefined ? {} : { reply }
  }
}

function decodeShort<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
): Decoded<z.output<Schema>> {
  if (Buffer.byteLength(text) > QUESTION_BYTES_MAX) return { kind: 'invalid', error: 'too long' }
  return decode(schema, text)
}
