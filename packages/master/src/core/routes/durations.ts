import type { Container } from '@roadstead/shared/protocol/container.ts'
import { HOLD_MS_MAX } from '@roadstead/shared/protocol/decision.ts'
import { type Read, refused, value } from './label-values.ts'

/** The least and the most that a label for a time may say. */
export interface DurationBounds {
  readonly leastMs: number
  readonly mostMs: number
}

export const HOLD: DurationBounds = { leastMs: 0, mostMs: HOLD_MS_MAX }
/** As a table can carry it. */
export const SLOW_START: DurationBounds = { leastMs: 1_000, mostMs: 600_000 }
/** A drain that takes longer is no longer the way to a restart; `roadstead.drain` is for slow callers. */
export const DRAIN: DurationBounds = { leastMs: 0, mostMs: 600_000 }
/** As long as one may wait for an answer, up to a day; as a table can carry it. */
export const TIMEOUT: DurationBounds = { leastMs: 100, mostMs: 86_400_000 }
export const HEALTH_INTERVAL: DurationBounds = { leastMs: 1_000, mostMs: 300_000 }
export const HEALTH_GRACE: DurationBounds = { leastMs: 0, mostMs: 600_000 }

/** How long a container asks to be left alone between being taken out of routing and being touched. */
export function drainLabelMs({ labels }: Pick<Container, 'labels'>): number {
  const text = labels['roadstead.drain']
  if (text === undefined) return 0
  const read = readDuration(text, DRAIN)
  // Whoever wrote nonsense is told so where its routes are refused; here nothing waits for it.
  return read.kind === 'value' ? read.value : 0
}

/** A whole number with its unit, `500ms`, `10s` or `2m`: no sign, no fraction, no leading zero. */
export function readDuration(text: string, { leastMs, mostMs }: DurationBounds): Read<number> {
  const [, count, unit] = /^(0|[1-9][0-9]{0,5})(ms|s|m)$/.exec(text) ?? []
  const ms = Number(count) * (unit === 'm' ? 60_000 : unit === 's' ? 1_000 : 1)
  if (count !== undefined && ms >= leastMs && ms <= mostMs) return value(ms)
  const details = { least: durationText(leastMs), most: durationText(mostMs) }
  return refused('invalid-duration', details)
}

/** As a label would say it, in the largest unit that is exact. */
export function durationText(ms: number): string {
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000}m`
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`
}
