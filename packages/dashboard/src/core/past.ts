import type { EventPage, EventView } from '@roadstead/shared/protocol/http-events.ts'

/** What was read of the change log so far, from the oldest event that came live on back. */
export interface Past {
  /** Oldest first. */
  readonly events: readonly EventView[]
  readonly state: 'unread' | 'reading' | 'more' | 'end' | 'failed'
  /** Where it goes on. */
  readonly next?: string
}

export const UNREAD: Past = { events: [], state: 'unread' }

/** More than this nobody reads on a page; the command reads all of it. */
export const PAST_MAX = 2_000

/** The part of the log that is to be read next, as a query. */
export function nextPart(past: Past, oldestLive: EventView | undefined): Record<string, string> {
  if (past.next !== undefined) return { before: past.next }
  return oldestLive === undefined ? {} : { until: oldestLive.at }
}

/** With one page more; without a page the log could not be read, and may be asked again. */
export function withPage(past: Past, page: EventPage | undefined): Past {
  if (page === undefined) return { ...past, state: 'failed' }
  const events = [...page.items, ...past.events]
  if (page.next === undefined || events.length >= PAST_MAX) return { events, state: 'end' }
  return { events, state: 'more', next: page.next }
}
