import { z } from 'zod'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { Explanation } from '@roadstead/shared/protocol/http.ts'
import {
  AuditPage,
  EventKind,
  EventPage,
  type EventView,
  type HistoryView,
} from '@roadstead/shared/protocol/http-events.ts'
import type { PastCursor } from '@roadstead/shared/protocol/past.ts'
import type { ApiServer } from '../server.ts'

/** The list of this life of the master, in memory. */
export interface EventSource {
  after(revision: number, limit: number): EventView[]
}

/** Which part of the change log is asked for; what is absent excludes nothing. */
export interface HistoryAsked {
  readonly host?: string
  readonly container?: string
  readonly kinds?: readonly EventKind[]
  readonly sinceMs?: number
  readonly untilMs?: number
  readonly before?: PastCursor
  readonly limit: number
}

export interface HistorySource {
  status(): HistoryView
  changes(asked: HistoryAsked): Promise<EventPage>
  /** @throws RoadsteadError `log-unreadable` */
  audit(asked: Pick<HistoryAsked, 'sinceMs' | 'untilMs' | 'before' | 'limit'>): Promise<AuditPage>
  /**
   * Undefined: nothing has had this name.
   * @throws RoadsteadError `before-log`, `ambiguous-name` or `log-unreadable`
   */
  explainAt(subject: string, atMs: number): Promise<Explanation | undefined>
}

export interface EventsDeps {
  readonly events: EventSource
  readonly history: HistorySource
}

const PAGE_MAX = 2_000
const Limit = z.coerce.number().int().min(1).max(PAGE_MAX).default(500)
const Name = z.string().min(1).max(512)

export const Moment = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-03-04T03:10:00Z' })
  .transform((text) => Date.parse(text))

/** As `next` of a page gives it. */
const Cursor = z
  .string()
  .regex(/^\d{1,16}\.\d{1,16}\.\d{1,16}$/, 'must be `next` of the page before')
  .transform((text) => {
    const [atMs = 0, seq = 0, hash = 0] = text.split('.').map(Number)
    return { atMs, seq, hash }
  })

const Kinds = z
  .string()
  .max(256)
  .transform((text) => text.split(','))
  .pipe(z.array(EventKind))

const Times = z.object({
  since: Moment.optional(),
  until: Moment.optional(),
  before: Cursor.optional(),
  limit: Limit,
})

const Query = Times.extend({
  /** Only of the list in memory, which the live feed has too. */
  after: z.coerce.number().int().min(0).optional(),
  host: Name.optional(),
  container: Name.optional(),
  kind: Kinds.optional(),
})

/** What happened, from the change log of this master; with `after`, from the live list. */
export function addEvents(app: ApiServer, { events, history }: EventsDeps): void {
  const list = { schema: { querystring: Query, response: { 200: EventPage } } }
  app.get('/api/v1/events', list, async ({ query }) => {
    const { after, kind: kinds, host, container, ...times } = query
    if (after !== undefined) {
      const items = events.after(after, query.limit)
      return { items, total: items.length }
    }
    return history.changes({
      ...timesIn(times),
      ...(host !== undefined && { host }),
      ...(container !== undefined && { container }),
      ...(kinds !== undefined && { kinds }),
    })
  })

  const audit = { schema: { querystring: Times, response: { 200: AuditPage } } }
  app.get('/api/v1/events/audit', audit, ({ query }) => history.audit(timesIn(query)))
}

function timesIn(query: z.infer<typeof Times>) {
  const { before, limit, since: sinceMs, until: untilMs } = query
  if (sinceMs !== undefined && untilMs !== undefined && sinceMs > untilMs) {
    throw new RoadsteadError('bad-input', { since: 'is after until' })
  }
  return {
    limit,
    ...(sinceMs !== undefined && { sinceMs }),
    ...(untilMs !== undefined && { untilMs }),
    ...(before !== undefined && { before }),
  }
}
