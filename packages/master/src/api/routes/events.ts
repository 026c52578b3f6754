import { z } from 'zod'
import { EventView, listOf } from '@roadstead/shared/protocol/http.ts'
import type { ApiServer } from '../server.ts'

export interface EventSource {
  after(revision: number, limit: number): EventView[]
}

const Query = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(2_000).default(500),
})

export function addEvents(app: ApiServer, events: EventSource): void {
  const list = { schema: { querystring: Query, response: { 200: listOf(EventView) } } }
  app.get('/api/v1/events', list, ({ query }) => {
    const items = events.after(query.after, query.limit)
    return { items, total: items.length }
  })
}
