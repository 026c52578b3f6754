import type { Msg } from '@nats-io/transport-node'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { z } from 'zod'
import type { Answerer } from '../answers.ts'
import { decode } from '../codec.ts'
import { OpenQuestions } from '../open-questions.ts'
import type { Connection } from './connect.ts'

/** The first answer to a question; undefined when none comes in time, or nobody listens at all. */
export async function askOver<Schema extends z.ZodType>(
  { connection, log }: { readonly connection: Connection; readonly log: Log },
  subject: string,
  question: unknown,
  expected: { readonly schema: Schema; readonly withinMs: number },
): Promise<z.output<Schema> | undefined> {
  const reply = await askForText({ connection, log }, subject, question, expected.withinMs)
  if (reply === undefined) return undefined
  const answer = decode(expected.schema, reply)
  if (answer.kind === 'value') return answer.value
  log.warn({ subject, error: answer.error }, 'answer unreadable')
  return undefined
}

/** The first answer as it came, for whoever reads it later. */
export async function askForText(
  { connection, log }: { readonly connection: Connection; readonly log: Log },
  subject: string,
  question: unknown,
  withinMs: number,
): Promise<string | undefined> {
  const client = connection.client()
  if (client === undefined) return undefined
  try {
    const reply = await client.request(subject, JSON.stringify(question), { timeout: withinMs })
    return reply.string()
  } catch (error) {
    log.debug({ subject, err: error }, 'question without an answer')
    return undefined
  }
}

/**
 * Answers what is asked on a subject, or on many by a wildcard, until it is disposed of. A question can
 * name any subject for its answer, and who answers may write where its asker may not. So an answer goes
 * nowhere but to the inboxes of those who may ask there, which begin as `inboxOf` says.
 */
export function answerOver(
  { connection, log }: { readonly connection: Connection; readonly log: Log },
  asked: { readonly pattern: string; readonly inboxOf: (subject: string) => string },
  answer: Answerer,
): Disposable {
  const questions = new OpenQuestions()
  return connection.subscribe(asked.pattern, (message) => {
    const { reply, subject } = message
    if (reply !== undefined && reply !== '' && !reply.startsWith(asked.inboxOf(subject))) {
      log.warn({ subject, reply }, 'question whose answer is to go elsewhere')
      return
    }
    const open = questions.begin(message.subject)
    if (open !== undefined) void respond(message, answer, log).finally(() => open[Symbol.dispose]())
  })
}

/** Anything can arrive here, also a server's acknowledgement that somebody else directed at it. */
async function respond(message: Msg, answer: Answerer, log: Log): Promise<void> {
  const { subject } = message
  try {
    const { complaint, reply } = await answer(subject, message.string())
    if (complaint !== undefined) log.warn({ subject, error: complaint }, 'question unreadable')
    if (reply !== undefined) message.respond(reply)
  } catch (error) {
    log.error({ subject, err: error }, 'question not answered')
  }
}
