import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { EdgeState } from '../core/edge-state.ts'

const WATCH_MS = 30_000

export interface WatchFilesDeps {
  readonly files: {
    /** Undefined while it cannot be told. */
    editedFiles(generation: string | undefined): Promise<readonly string[] | undefined>
    trimLog(): Promise<void>
  }
  readonly state: EdgeState
  readonly clock: Clock
  readonly log: Log
}

/**
 * Notices when somebody changes the files of our nginx by hand. It says so and leaves them alone
 * until the next change that writes them: whoever did it may be in the middle of saving a night.
 */
export async function watchFiles(deps: WatchFilesDeps, signal: AbortSignal): Promise<void> {
  const { files, state, clock, log } = deps
  while (!signal.aborted) {
    await clock.sleep(WATCH_MS, signal)
    if (signal.aborted) return
    await files.trimLog()
    const reloadsBefore = state.reloads
    const edited = await files.editedFiles(state.inForce?.file)
    if (edited === undefined) continue
    // A reload meanwhile explains a difference.
    if (state.reloads !== reloadsBefore || edited.join() === state.editedFiles.join()) continue
    state.editedFiles = edited
    state.reportBell.ring()
    if (edited.length > 0) log.warn({ files: edited }, 'files of nginx were changed by hand')
  }
}
