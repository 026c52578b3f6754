import type { AppliedTrace } from '@roadstead/shared/protocol/edge-status.ts'
import type { Metrics } from './io/metrics.ts'

/**
 * The headline histogram: from the engine's event to the first answer of nginx, by stage. The times
 * come from the clocks of three machines, so a stage can seem to end before it began; that counts as
 * no time, and is counted, so that a bad clock is seen.
 */
export function measureChange(metrics: Metrics, applied: AppliedTrace): void {
  const { trace, acceptedMs, answeringMs } = applied
  // What no event caused (a timer found it, a person decided it) has no beginning to count from.
  if (trace.timeNano === undefined) return
  const eventMs = Number(BigInt(trace.timeNano) / 1_000n) / 1_000
  const stages = {
    detect: trace.agentMs - eventMs,
    publish: trace.masterMs - trace.agentMs,
    fold: trace.writtenMs - trace.masterMs,
    write: acceptedMs - trace.writtenMs,
    apply: answeringMs - acceptedMs,
    total: answeringMs - eventMs,
  }
  for (const [stage, ms] of Object.entries(stages)) {
    if (ms < 0) metrics.count('negativeSkew', { stage })
    metrics.observe('changeSeconds', Math.max(0, ms) / 1_000, { stage })
  }
}
