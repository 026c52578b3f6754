import type { z } from 'zod'
import type { Answerer } from '../answers.ts'
import { decode } from '../codec.ts'
import { OpenQuestions } from '../open-questions.ts'
import type { MemoryNetwork } from './memory-network.ts'

/** The first answer to a question; undefined when none comes in time, or nobody listens at all. */
export async function askOver<Schema extends z.ZodType>(
  { network, who }: { readonly network: MemoryNetwork; readonly who: string },
  subject: string,
  question: unknown,
  expected: { readonly schema: Schema; readonly withinMs: number },
): Promise<z.output<Schema> | undefined> {
  const reply = await askForText({ network, who }, subject, question, expected.withinMs)
  const answer = reply === undefined ? undefined : decode(expected.schema, reply)
  return answer?.kind === 'value' ? answer.value : undefined
}

/** The first answer as it came, for whoever reads it later. */
export async function askForText(
  { network, who }: { readonly network: MemoryNetwork; readonly who: string },
  subject: string,
  question: unknown,
  withinMs: number,
): Promise<string | undefined> {
  if (!network.link(who).connected() || !network.isHeard(subject)) return undefined
  const replyTo = network.newInbox(who)
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  using _reply = network.subscribe(who, replyTo, ({ text }) => resolve(text))
  using _timeout = network.clock.after(withinMs, () => resolve(undefined))
  network.publish(who, subject, JSON.stringify(question), { replyTo })
  // Awaited here: what is open is closed when the function is left.
  return await promise
}

/** Answers what is asked on a subject, or on many by a wildcard, until it is disposed of. */
export function answerOver(
  { network, who }: { readonly network: MemoryNetwork; readonly who: string },
  pattern: string,
  answer: Answerer,
): Disposable {
  const questions = new OpenQuestions()
  return network.subscribe(who, pattern, ({ subject, text, replyTo }) => {
    const open = questions.begin(subject)
    if (open === undefined) return
    const answered = answer(subject, text).then(
      ({ reply }) => {
        if (reply !== undefined && replyTo !== undefined) network.publish(who, replyTo, reply)
      },
      // Whoever asked hears nothing, as when a real answerer fails.
      () => undefined,
    )
    void answered.finally(() => open[Symbol.dispose]())
  })
}
