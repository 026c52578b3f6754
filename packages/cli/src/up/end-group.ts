import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { membersOf, readProcess, sendSignal } from '../io/process-table.ts'

/** An edge waits for requests under way, an agent flushes its spool; more than this is stuck. */
const STOP_MS_MAX = 10_000

/** What outlives the leader of its group gets this long before it is killed. */
const LEFTOVER_MS_MAX = 2_000

const LOOK_MS = 20

export interface EndGroupDeps {
  readonly clock: Clock
  readonly hurry: AbortSignal
}

export interface Group {
  readonly leader: number
  readonly group: number
}

/**
 * Ends a role: its main process is asked first and may end its own children in its own order; what
 * is left of the group after that is asked too, and killed when it does not listen.
 */
export async function endGroup(deps: EndGroupDeps, { leader, group }: Group): Promise<void> {
  if (readProcess(leader)?.group === group) {
    sendSignal(leader, 'SIGTERM')
    // A stopped process cannot listen to anything.
    sendSignal(leader, 'SIGCONT')
    await gone(deps, () => readProcess(leader)?.group !== group, STOP_MS_MAX)
    if (readProcess(leader)?.group === group) sendSignal(leader, 'SIGKILL')
  }
  if (membersOf(group).length === 0) return
  sendSignal(-group, 'SIGTERM')
  await gone(deps, () => membersOf(group).length === 0, LEFTOVER_MS_MAX)
  if (membersOf(group).length === 0) return
  sendSignal(-group, 'SIGKILL')
  // Killed processes are gone as soon as the kernel gets to it; it cannot be refused.
  const patient = { ...deps, hurry: new AbortController().signal }
  await gone(patient, () => membersOf(group).length === 0, STOP_MS_MAX)
}

/**
 * Ends processes that left their group: nginx runs in a session of its own, and serves on when its edge
 * is killed. How many there were.
 */
export async function endStrays(deps: EndGroupDeps, find: () => number[]): Promise<number> {
  const found = find().length
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    for (const pid of find()) sendSignal(pid, signal)
    await gone(deps, () => find().length === 0, LEFTOVER_MS_MAX)
  }
  return found
}

async function gone(deps: EndGroupDeps, isGone: () => boolean, msMax: number): Promise<void> {
  const deadline = deps.clock.monoMs() + msMax
  while (!isGone() && deps.clock.monoMs() < deadline && !deps.hurry.aborted) {
    await deps.clock.sleep(LOOK_MS, deps.hurry)
  }
}
