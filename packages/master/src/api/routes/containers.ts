import { z } from 'zod'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { ContainerView, listOf } from '@roadstead/shared/protocol/http.ts'
import { PageQuery, pageOf } from '../page.ts'
import type { ReadModel } from '../read-model.ts'
import type { ApiServer } from '../server.ts'

const Query = PageQuery.extend({ host: z.string().max(1_024).optional() })

export function addContainers(app: ApiServer, read: Pick<ReadModel, 'containers'>): void {
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
  app.get('/api/v1/containers/*', one, ({ params: { '*': name } }) =>
    theContainer(read.containers(), name),
  )
}

/** By id, by `<host>/<name>`, by name, or by a prefix of the id; the first kind that fits counts. */
function theContainer(all: readonly ContainerView[], asked: string): ContainerView {
  const name = asked.replace(/^\//, '')
  const kinds: ((container: ContainerView) => boolean)[] = [
    ({ id }) => id === name,
    ({ path, host, name: own }) => path === name || `${host}/${plain(own)}` === name,
    ({ name: own }) => plain(own) === name,
    ({ id }) => name.length >= ID_PREFIX_MIN && id.startsWith(name),
  ]
  for (const fits of kinds) {
    const found = all.filter(fits)
    const [only, ...others] = found
    if (only !== undefined && others.length === 0) return only
    if (only !== undefined) {
      throw new RoadsteadError('ambiguous-name', { containers: found.slice(0, 10).map(describe) })
    }
  }
  throw new RoadsteadError('not-found', { container: asked })
}

/** A single digit would fit every sixteenth container of a fleet. */
const ID_PREFIX_MIN = 2

function describe({ path, id }: ContainerView): string {
  return `${path} (${id.slice(0, 12)})`
}

function plain(name: string): string {
  return name.replace(/^\//, '')
}

function isOn({ host, hostName }: ContainerView, asked: string): boolean {
  return host === asked || hostName === asked
}
