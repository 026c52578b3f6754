import { errorTable } from '@roadstead/shared/kernel/errors.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'

/**
 * Runs a process until it is asked to stop. An error that a person can do something about is told in
 * its own words on standard error, with the exit code of its kind, and without a stack.
 */
export async function runUntilSignal(
  process: NodeJS.Process,
  run: (stopped: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
  try {
    await run(stop.signal)
  } catch (error) {
    if (!(error instanceof RoadsteadError)) throw error
    process.stderr.write(`${error.message}\n${error.remedy}\n`)
    process.exitCode = errorTable[error.code].exit
  }
  // All is closed and said; a dial to a NATS that never answers would keep the process alive.
  process.exit()
}
