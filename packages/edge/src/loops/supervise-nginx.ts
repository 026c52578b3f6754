import { backoff } from '@roadstead/shared/kernel/backoff.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Random } from '@roadstead/shared/kernel/random.ts'
import type { EdgeState } from '../core/edge-state.ts'
import { startAgain } from '../core/quiet.ts'

const RESTART_MS_FIRST = 50
const RESTART_MS_MAX = 5_000

export interface SuperviseNginxDeps {
  readonly nginx: {
    exited(signal: AbortSignal): Promise<void>
    start(mayAdopt: boolean): Promise<{ readonly kind: string }>
  }
  readonly files: {
    ensureRoutes(fallback: string): Promise<{ readonly kind: string }>
    restoreGood(): Promise<unknown>
    /** True when there were some. */
    dropStreams(): Promise<boolean>
  }
  /** Sealed text without routes, for a disk that has none. */
  readonly fallback: string
  readonly state: EdgeState
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Starts nginx again whenever it is gone, from the files that were in force. */
export async function superviseNginx(deps: SuperviseNginxDeps, signal: AbortSignal): Promise<void> {
  const { nginx, state, clock, random, log } = deps
  const pause = backoff({ firstMs: RESTART_MS_FIRST, maxMs: RESTART_MS_MAX }, random)
  let startedMs = clock.monoMs()
  while (!signal.aborted) {
    await nginx.exited(signal)
    if (signal.aborted) return
    log.error({}, 'nginx is gone')
    forget(state)
    state.reportBell.ring()
    // One that lasted is started again at once; one that dies at once must not burn a processor.
    if (clock.monoMs() - startedMs > RESTART_MS_MAX) pause.reset()
    else await clock.sleep(pause.nextMs(), signal)
    startedMs = clock.monoMs()
    const started = await restart(deps)
    // What came in force while nginx was ending is not what it came back with.
    forget(state)
    const runs = started === 'started' || started === 'adopted'
    if (runs) log.info({ started }, 'nginx runs again')
    else log.error({ started }, 'nginx does not start')
    state.wish()
    state.reportBell.ring()
  }
}

function forget(state: EdgeState): void {
  state.rendering = undefined
  state.quietBook = startAgain(state.quietBook)
}

async function restart({ nginx, files, fallback, log }: SuperviseNginxDeps): Promise<string> {
  const routes = await files.ensureRoutes(fallback)
  if (routes.kind !== 'kept')
    log.warn({ routes: routes.kind }, 'nginx had no routes that are whole')
  const started = await nginx.start(true)
  if (started.kind !== 'failed' && started.kind !== 'port-busy') return started.kind
  // The port of a stream may be somebody else's by now; it comes back when the table is applied.
  if (await files.dropStreams()) {
    const without = await nginx.start(true)
    if (without.kind !== 'failed') return without.kind
  }
  if (started.kind === 'port-busy') return started.kind
  // Tested once and refused now: something around nginx has changed. What it ran on is safer.
  await files.restoreGood()
  return (await nginx.start(true)).kind
}
