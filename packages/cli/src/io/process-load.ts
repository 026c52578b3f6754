import fs from 'node:fs'

/** What some processes have taken of this machine: processor time since their start, and memory now. */
export interface ProcessLoad {
  readonly busyMs: number
  readonly residentMb: number
}

/** The kernel counts in hundredths of a second, whatever its own clock. */
const TICK_MS = 10
const KB_PER_MB = 1_024

/** Children that have ended and were waited for count with their parent. */
export function loadOf(pids: readonly number[]): ProcessLoad {
  let ticks = 0
  let residentKb = 0
  for (const pid of pids) {
    const stat = readOr(`/proc/${pid}/stat`)
    // pid (program) state …: the name of the program may hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    ticks += fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    residentKb += Number(/^VmRSS:\s+(\d+) kB$/m.exec(readOr(`/proc/${pid}/status`))?.[1] ?? 0)
  }
  return { busyMs: ticks * TICK_MS, residentMb: Math.round(residentKb / KB_PER_MB) }
}

function readOr(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
