import { LetGoRequest, type Run } from '@roadstead/shared/protocol/run.ts'
import { exampleId } from '../examples.ts'
import { HOST } from './edge-on-trial.ts'
import type { WorldOnTrial } from './world-on-trial.ts'

/** The log of a run, as one text. */
export const lines = ({ log }: Run): string => log.map(({ text }) => text).join('\n')

/** What an agent asks about that container, under a hold of its own. */
export const ask = (number: number, more: Partial<LetGoRequest> = {}): LetGoRequest =>
  LetGoRequest.parse({
    v: 1,
    hold: number.toString(16).padStart(16, 'a'),
    host: HOST,
    container: exampleId(number),
    action: 'stop',
    phase: 'ask',
    leftMs: 20_000,
    gaveUp: false,
    ...more,
  })

/** Asks every half second until the answer is `go`, or for so long. */
export function askUntilGo(
  world: WorldOnTrial,
  number: number,
  patienceMs = 20_000,
  limitMs = 600_000,
) {
  const untilMs = world.nowMs + patienceMs
  const limitAtMs = world.nowMs + limitMs
  for (;;) {
    const reply = world.letGo(ask(number, { leftMs: Math.max(0, limitAtMs - world.nowMs) }))
    if (reply.kind === 'go' || world.nowMs >= untilMs) return reply
    world.pass(500)
  }
}
