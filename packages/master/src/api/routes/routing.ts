import { EdgeView, listOf, RouteView, ServiceView } from '@roadstead/shared/protocol/http.ts'
import { PageQuery, pageOf } from '../page.ts'
import type { ReadModel } from '../read-model.ts'
import type { ApiServer } from '../server.ts'

type Lists = Pick<ReadModel, 'services' | 'routes' | 'edges'>

/** Who serves what, by what name, and which nginx has it in force. */
export function addRouting(app: ApiServer, read: Lists): void {
  const services = { schema: { querystring: PageQuery, response: { 200: listOf(ServiceView) } } }
  app.get('/api/v1/services', services, ({ query }) => pageOf(read.services(), query))

  const routes = { schema: { querystring: PageQuery, response: { 200: listOf(RouteView) } } }
  app.get('/api/v1/routes', routes, ({ query }) => pageOf(read.routes(), query))

  const edges = { schema: { querystring: PageQuery, response: { 200: listOf(EdgeView) } } }
  app.get('/api/v1/edges', edges, ({ query }) => pageOf(read.edges(), query))
}
