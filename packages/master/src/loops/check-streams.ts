import { untilAborted } from './until-aborted.ts'

/**
 * Compares the streams with their plan as soon as the bus is there. A difference ends the process with
 * an error that names it: on streams of another shape the promises of this master would not hold.
 */
export async function checkStreams(
  bus: { verify(signal: AbortSignal): Promise<void> },
  signal: AbortSignal,
): Promise<void> {
  await bus.verify(signal)
  await untilAborted(signal)
}
