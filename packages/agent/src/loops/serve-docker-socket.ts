import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { News } from '@roadstead/shared/protocol/news.ts'

export interface DockerSocketDeps {
  /** @throws RoadsteadError when it cannot be served. */
  readonly open: () => Promise<AsyncDisposable>
  readonly state: {
    /** Told to the masters with each heartbeat; undefined while it is served. */
    socketProblem: string | undefined
    tell(seen: { readonly kind: 'news'; readonly news: News }): void
  }
  readonly clock: Clock
  readonly log: Log
}

/**
 * Serves the drain-aware socket. That is a convenience, and what the masters see of this host does not
 * hang on it: while it cannot be served, that is said, and tried again.
 */
export async function serveDockerSocket(
  deps: DockerSocketDeps,
  signal: AbortSignal,
): Promise<void> {
  let told = ''
  while (!signal.aborted) {
    try {
      await using _served = await deps.open()
      deps.state.socketProblem = undefined
      told = ''
      await untilAborted(signal)
    } catch (error) {
      if (!(error instanceof RoadsteadError)) throw error
      deps.state.socketProblem = error.message.slice(0, WHY_MAX)
      if (error.message !== told) say(error, deps)
      told = error.message
      await deps.clock.sleep(AGAIN_MS, signal)
    }
  }
}

/** As often as somebody who has just removed a file in the way looks again. */
const AGAIN_MS = 10_000
const WHY_MAX = 256

function say(error: RoadsteadError, { clock, log, state }: DockerSocketDeps): void {
  log.error({ err: error, remedy: error.remedy }, 'docker socket not served')
  const news: News = {
    type: 'agent',
    action: 'socket-refused',
    id: '',
    name: '',
    timeNano: `${Math.floor(clock.wallMs())}000000`,
    attributes: { why: error.message.slice(0, WHY_MAX) },
  }
  state.tell({ kind: 'news', news })
}

function untilAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  signal.addEventListener('abort', () => resolve(), { once: true })
  return promise
}
