/** One process of our nginx, as the machine lists it. */
export interface NginxProcess {
  readonly pid: number
  readonly role: 'master' | 'worker' | 'leaving-worker'
  /** Time of start, in the machine's ticks of 10 ms. */
  readonly startTicks: number
}

/** Workers of one generation are forked within a few ticks; reloads are 15 ticks apart or more. */
const SAME_GENERATION_TICKS = 10

/** How many replaced generations of workers are still alive, seen by when their workers began. */
export function oldGenerations(processes: readonly NginxProcess[]): number {
  const starts = processes
    .filter((process) => process.role === 'leaving-worker')
    .map((process) => process.startTicks)
    .sort((a, b) => a - b)
  return starts.filter((start, at) => start - (starts[at - 1] ?? -Infinity) > SAME_GENERATION_TICKS)
    .length
}
