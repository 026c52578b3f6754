import { RequestsView } from '@roadstead/shared/protocol/http-requests.ts'
import { PageQuery } from '../page.ts'
import type { ReadModel } from '../read-model.ts'
import type { ApiServer } from '../server.ts'

/** What visitors asked, by route and by endpoint. */
export function addRequests(app: ApiServer, read: Pick<ReadModel, 'requests'>): void {
  const list = { schema: { querystring: PageQuery, response: { 200: RequestsView } } }
  app.get('/api/v1/requests', list, ({ query: { limit, offset } }) => {
    const { items, ...rest } = read.requests()
    return { items: items.slice(offset, offset + limit), ...rest }
  })
}
