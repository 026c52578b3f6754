import { type PidRecord, readPidRecords, removePidRecord } from '../io/pid-record.ts'
import { membersOf, readProcess } from '../io/process-table.ts'
import { endGroup, type EndGroupDeps } from './end-group.ts'

/**
 * Ends every recorded process of a role, or of all of them, and says what that was. An `up` that was
 * killed leaves its roles running; the next one calls this first. Only for the holder of the lock of
 * the state directory.
 */
export async function endLeftovers(
  deps: EndGroupDeps,
  pidDir: string,
  role?: string,
): Promise<string[]> {
  const records = readPidRecords(pidDir).filter((it) => role === undefined || it.role === role)
  const ended: string[] = []
  for (const record of records.sort(newestFirst)) {
    if (isStillOurs(record)) {
      await endGroup(deps, { leader: record.pid, group: record.pid })
      ended.push(`${record.role} (pid ${record.pid})`)
    }
    removePidRecord(pidDir, record)
  }
  return ended
}

/** Also the order of stopping: what was started last relies on what was started first. */
function newestFirst(a: PidRecord, b: PidRecord): number {
  return b.startTicks - a.startTicks
}

/**
 * The id alone proves nothing, as ids are used again; the start time does. When the leader is gone but its
 * group is not, the kernel has kept the id reserved, so the members are ours: unless another process
 * has that id now, which means that the group ended and a stranger made one of the same number.
 */
function isStillOurs({ pid, startTicks }: PidRecord): boolean {
  const leader = readProcess(pid)
  if (leader !== undefined) return leader.startTicks === startTicks
  return membersOf(pid).some((member) => member.startTicks >= startTicks)
}
