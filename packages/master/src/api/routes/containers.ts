import { z } from 'zod'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { ContainerView, listOf } from '@roadstead/shared/protocol/http.ts'
import { PageQuery, pageOf } from '../page.ts'
import type { ReadModel } from '../read-model.ts'
import type { ApiServer } from '../server.ts'

const Query = PageQuery.extend({ host: z.string().max(1_024).optional() })

export function addContainers(
  app: ApiServer,
  read: Pick<ReadModel, 'container' | 'containers'>,
): void {
  const list = { schema: { querystring: Query, response: { 200: listOf(ContainerView) } } }
  app.get('/api/v1/containers', list, ({ query }) => {
    const { host } = query
    const all = read.containers()
    const wanted = host === undefined ? all : all.filter((each) => isOn(each, host))
    return pageOf(wanted, query)
  })

  // A wildcard, so that `<host>/<name>` may be written as people type it.
  const params = z.object({ '*': z.string().max(2_048) })
  const one = { schema: { params, response: { 200: ContainerView } } }
  app.get('/api/v1/containers/*', one, ({ params: { '*': name } }) => {
    const found = read.container(name)
    if (found === undefined) throw new RoadsteadError('not-found', { container: name })
    if (found.kind === 'found') return found.container
    throw new RoadsteadError('ambiguous-name', { containers: found.names.slice(0, NAMED_MAX) })
  })
}

/** More would not help to choose. */
const NAMED_MAX = 10

function isOn({ host, hostName }: ContainerView, asked: string): boolean {
  return host === asked || hostName === asked
}
