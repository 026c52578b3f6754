import { z } from 'zod'
import { decode } from '../codec.ts'
import type { MemoryNetwork } from './memory-network.ts'

/** A question on the memory network: core messages have no reply subject, so it travels inside. */
const Question = z.object({ replyTo: z.string(), body: z.string() })

let asked = 0

/** The first answer to a question; undefined when none comes in time. */
export async function askOver(
  network: MemoryNetwork,
  who: string,
  subject: string,
  body: string,
  timeoutMs: number,
): Promise<string | undefined> {
  const replyTo = `_INBOX.${who}.${(asked += 1)}`
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  using _reply = network.subscribe(who, replyTo, ({ text }) => resolve(text))
  using _timeout = network.clock.after(timeoutMs, () => resolve(undefined))
  network.publish(who, subject, JSON.stringify({ replyTo, body }))
  return await promise
}

/** Answers what is asked on a subject; whoever answers nothing stays silent. */
export function answerOver(
  network: MemoryNetwork,
  who: string,
  pattern: string,
  answer: (subject: string, body: string) => Promise<string | undefined>,
): Disposable {
  return network.subscribe(who, pattern, ({ subject, text }) => {
    const question = decode(Question, text)
    if (question.kind === 'invalid') return
    const { body, replyTo } = question.value
    void answer(subject, body).then(
      (reply) => reply === undefined || network.publish(who, replyTo, reply),
      () => undefined,
    )
  })
}
