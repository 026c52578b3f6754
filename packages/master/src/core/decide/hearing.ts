import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Heartbeat } from '@roadstead/shared/protocol/heartbeat.ts'

/** The last sign of life of a host, on this master's own clocks. */
export interface Heard {
  readonly heartbeat: Heartbeat
  /** When it came, on the clock that never jumps: silence is measured by it. */
  readonly monoMs: number
  /** The same moment for people, and for the skew of the host's own clock. */
  readonly wallMs: number
}

export type Hearing = ReadonlyMap<HostId, Heard>
