import { StatusView } from '@roadstead/shared/protocol/http.ts'
import type { LiveState } from '@roadstead/shared/protocol/live.ts'
import { backoff } from '@roadstead/shared/kernel/backoff.ts'
import { INTERRUPTED } from '../core/exit-codes.ts'
import { followLive } from '../io/live-client.ts'
import type { Shell } from '../shell.ts'

/** A person cannot read faster, and a burst of changes is one picture. */
const REDRAW_MS = 250

const CLEAR = '\u001b[H\u001b[2J'

/**
 * Draws the state each time it changes, until interrupted. A terminal is cleared first; a pipe gets
 * one picture after another. A feed that breaks is opened again: masters come and go.
 */
export async function watchState(
  shell: Shell,
  draw: (state: LiveState) => Promise<void>,
): Promise<number> {
  const { clock, output, signal } = shell
  let drawnAt = Number.NEGATIVE_INFINITY
  await followAgain(shell, async (state) => {
    await clock.sleep(Math.max(0, drawnAt + REDRAW_MS - clock.monoMs()), signal)
    if (signal.aborted) return
    if (output.terminal) output.write(CLEAR)
    await draw(state)
    drawnAt = clock.monoMs()
  })
  return INTERRUPTED
}

const RETRY = { firstMs: 200, maxMs: 5_000 }

async function followAgain(
  shell: Shell,
  onState: (state: LiveState) => Promise<void>,
): Promise<void> {
  const { api, clock, output, random, signal } = shell
  const wait = backoff(RETRY, random)
  let seen = false
  while (!signal.aborted) {
    try {
      await findServer(shell)
      for await (const { state } of followLive(api.server(), shell)) {
        seen = true
        wait.reset()
        await onState(state)
      }
    } catch (error) {
      if (signal.aborted) return
      // A first failure is the answer; later ones are a master on its way back.
      if (!seen) throw error
      output.note('the feed broke; connecting again\n')
    }
    await clock.sleep(wait.nextMs(), signal)
  }
}

/** Asks for something small first, so that the client knows which master answers. */
export async function findServer({ api }: Shell): Promise<void> {
  await api.ask({ method: 'GET', path: '/status', answer: StatusView })
}
