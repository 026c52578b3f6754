import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Patience {
  readonly withinMs: number
}

/** First short, since most things are there at once; then slower, since two cores are few. */
const LOOK_MS = { first: 10, most: 100 }

/**
 * Asks until the probe neither throws nor answers `undefined` or `false`, and returns its answer.
 * When time is up, the last failure is the cause.
 */
export async function eventually<Answer>(
  what: string,
  probe: () => Answer | undefined | Promise<Answer | undefined>,
  { withinMs }: Patience,
): Promise<Exclude<Answer, undefined | false>> {
  const beganMs = performance.now()
  let waitMs = LOOK_MS.first
  for (;;) {
    const attempt = await tried(probe)
    if (attempt.kind === 'answer') return attempt.answer
    if (performance.now() - beganMs >= withinMs) {
      const why = attempt.error instanceof Error ? `: ${attempt.error.message}` : ''
      throw new assert.AssertionError({ message: `not within ${withinMs} ms: ${what}${why}` })
    }
    await sleep(waitMs)
    waitMs = Math.min(waitMs * 1.5, LOOK_MS.most)
  }
}

/** Asks the whole time that `action` takes, and fails as soon as the probe does. */
export async function throughout<Result>(
  what: string,
  probe: () => unknown,
  action: () => Promise<Result>,
): Promise<Result> {
  const acting = action()
  let ended = false
  const finished = acting.then(
    () => (ended = true),
    () => (ended = true),
  )
  while (!ended) {
    try {
      await probe()
    } catch (error) {
      await finished
      throw new assert.AssertionError({ message: `not throughout: ${what}: ${String(error)}` })
    }
    await Promise.race([finished, sleep(LOOK_MS.most)])
  }
  return acting
}

/** For `throughout`: nothing happens for this long. */
export function calm(ms: number): () => Promise<void> {
  return () => sleep(ms)
}

type Attempt<Answer> =
  | { readonly kind: 'answer'; readonly answer: Exclude<Answer, undefined | false> }
  | { readonly kind: 'not-yet'; readonly error?: unknown }

async function tried<Answer>(
  probe: () => Answer | undefined | Promise<Answer | undefined>,
): Promise<Attempt<Answer>> {
  try {
    const answer = await probe()
    if (answer === undefined || answer === false) return { kind: 'not-yet' }
    return { kind: 'answer', answer: answer as Exclude<Answer, undefined | false> }
  } catch (error) {
    return { kind: 'not-yet', error }
  }
}
