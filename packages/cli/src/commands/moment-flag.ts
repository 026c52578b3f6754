import { parseMoment } from '../core/span.ts'
import type { Shell } from '../shell.ts'
import { wrongUsage } from './usage.ts'

/** A time that was typed, as the API takes it. */
export function momentFlag(flag: string, text: string, { clock }: Pick<Shell, 'clock'>): string {
  const ms = parseMoment(text, clock.wallMs())
  if (ms !== undefined) return new Date(ms).toISOString()
  throw wrongUsage(flag, 'must be a time such as 15m, 2h, 03:10 or 2026-03-04T03:10:00Z')
}
