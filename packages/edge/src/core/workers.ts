/** One process of our nginx, as the machine lists it. */
export interface NginxProcess {
  readonly pid: number
  readonly role: 'master' | 'worker' | 'leaving-worker'
  /** Time of start, in the machine's ticks of 10 ms. */
  readonly startTicks: number
  /** Memory that it shares with no file, of leaving workers only: what comes free when it ends. */
  readonly bytes: number
}

/** Replaced workers that finish what they have begun. */
export interface OldWorkers {
  readonly generations: number
  /** Of all of them together. */
  readonly bytes: number
}

/** Workers of one generation are forked within a few ticks; reloads are 15 ticks apart or more. */
const SAME_GENERATION_TICKS = 10

/** How many replaced generations of workers are still alive, seen by when their workers began. */
export function oldWorkers(processes: readonly NginxProcess[]): OldWorkers {
  const leaving = processes.filter((process) => process.role === 'leaving-worker')
  const bytes = leaving.reduce((sum, process) => sum + process.bytes, 0)
  return { generations: generationsOf(leaving), bytes }
}

/** How many generations take connections: two for a moment after a reload, else one. */
export function acceptingGenerations(processes: readonly NginxProcess[]): number {
  return generationsOf(processes.filter((process) => process.role === 'worker'))
}

function generationsOf(processes: readonly NginxProcess[]): number {
  const starts = processes.map((process) => process.startTicks).sort((a, b) => a - b)
  return starts.filter((start, at) => start - (starts[at - 1] ?? -Infinity) > SAME_GENERATION_TICKS)
    .length
}
