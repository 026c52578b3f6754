const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A span for a table: two digits and a unit are enough to tell minutes from days. */
export function span(ms: number): string {
  if (ms < 0) return '0s'
  if (ms < SECOND) return `${Math.round(ms)}ms`
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)}s`
  if (ms < 2 * MINUTE) return `${Math.floor(ms / SECOND)}s`
  if (ms < 2 * HOUR) return `${Math.floor(ms / MINUTE)}m`
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)}h`
  return `${Math.floor(ms / DAY)}d`
}

/** Time since a moment given in RFC 3339; "-" when it is none. */
export function since(at: string | undefined, nowMs: number): string {
  const then = at === undefined ? Number.NaN : Date.parse(at)
  return Number.isNaN(then) ? '-' : span(nowMs - then)
}

/** The time of day in UTC with milliseconds, as in an event list. */
export function timeOfDay(at: string): string {
  const then = Date.parse(at)
  return Number.isNaN(then) ? at : new Date(then).toISOString().slice(11, 23)
}

/** A span that somebody types: 30s, 15m, 1h, 7d. Undefined when it is none. */
export function parseSpanSeconds(text: string): number | undefined {
  const parts = /^([1-9][0-9]{0,6})(s|m|h|d)$/.exec(text)
  if (parts === null) return undefined
  const unit = { s: 1, m: 60, h: 3_600, d: 86_400 }[parts[2] ?? 's'] ?? 1
  return Number(parts[1]) * unit
}
