import { z } from 'zod'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { HostView, listOf } from '@roadstead/shared/protocol/http.ts'
import { PageQuery, pageOf } from '../page.ts'
import type { ReadModel } from '../read-model.ts'
import type { ApiServer } from '../server.ts'

export function addHosts(app: ApiServer, read: Pick<ReadModel, 'hosts'>): void {
  const list = { schema: { querystring: PageQuery, response: { 200: listOf(HostView) } } }
  app.get('/api/v1/hosts', list, ({ query }) => pageOf(read.hosts(), query))

  const params = z.object({ name: z.string().max(1_024) })
  const one = { schema: { params, response: { 200: HostView } } }
  app.get('/api/v1/hosts/:name', one, ({ params: { name } }) => {
    const hosts = read.hosts()
    const byId = hosts.find(({ id }) => id === name)
    const named = hosts.filter((host) => host.name === name)
    if (byId !== undefined) return byId
    const [only, ...others] = named
    if (only === undefined) throw new RoadsteadError('not-found', { host: name })
    if (others.length === 0) return only
    throw new RoadsteadError('ambiguous-name', { hosts: named.map(({ id }) => id) })
  })
}
