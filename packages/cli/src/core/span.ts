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

/**
 * A moment that somebody types: how long ago (`2h`), a time of day (`03:10`, the last time it was so), a
 * day, or RFC 3339. Without a zone it is UTC, as all that is printed. Undefined when it is none.
 */
export function parseMoment(text: string, nowMs: number): number | undefined {
  const ago = parseSpanSeconds(text)
  if (ago !== undefined) return nowMs - ago * SECOND
  if (/^\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?$/.test(text)) {
    const today = new Date(nowMs).toISOString().slice(0, 10)
    const then = Date.parse(`${today}T${text}Z`)
    if (Number.isNaN(then)) return undefined
    return then <= nowMs ? then : then - DAY
  }
  const whole =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?))?(Z|[+-]\d{2}:\d{2})?$/
  const [, day, time = '00:00', zone = 'Z'] = whole.exec(text) ?? []
  const then = day === undefined ? Number.NaN : Date.parse(`${day}T${time}${zone}`)
  return Number.isNaN(then) ? undefined : then
}

/** The time of day when it was today, and the day before it otherwise; in UTC. */
export function dayAndTime(at: string, nowMs: number): string {
  const then = Date.parse(at)
  if (Number.isNaN(then)) return at
  const text = new Date(then).toISOString()
  const isToday = text.slice(0, 10) === new Date(nowMs).toISOString().slice(0, 10)
  return isToday ? text.slice(11, 23) : `${text.slice(0, 10)} ${text.slice(11, 19)}`
}
