import { z } from 'zod'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { ImageDetail, ImageList, VolumeList } from '@roadstead/shared/protocol/http-stock.ts'
import { PageQuery, pageOf } from '../page.ts'
import type { ReadModel } from '../read-model.ts'
import type { ApiServer } from '../server.ts'

const Flag = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .optional()
const Host = z.string().max(1_024).optional()
const ImageQuery = PageQuery.extend({ host: Host, unused: Flag, dangling: Flag, outdated: Flag })
const VolumeQuery = PageQuery.extend({ host: Host, unused: Flag })

/** What hosts keep besides containers. */
export function addStock(
  app: ApiServer,
  read: Pick<ReadModel, 'image' | 'images' | 'volumes'>,
): void {
  const images = { schema: { querystring: ImageQuery, response: { 200: ImageList } } }
  app.get('/api/v1/images', images, ({ query }) => {
    const { images: all, hosts } = read.images(query)
    return { ...pageOf(all, query), hosts: [...hosts] }
  })

  // A wildcard: names of images have slashes in them.
  const params = z.object({ '*': z.string().max(2_048) })
  const querystring = z.object({ host: Host })
  const one = { schema: { params, querystring, response: { 200: ImageDetail } } }
  app.get('/api/v1/images/*', one, ({ params: { '*': name }, query: { host } }) => {
    const found = read.image(name, host)
    if (found.kind === 'found') return found.image
    if (found.kind === 'none') throw new RoadsteadError('not-found', { image: name })
    throw new RoadsteadError('ambiguous-name', { images: found.names.slice(0, NAMED_MAX) })
  })

  const volumes = { schema: { querystring: VolumeQuery, response: { 200: VolumeList } } }
  app.get('/api/v1/volumes', volumes, ({ query }) => {
    const { volumes: all, hosts } = read.volumes(query)
    return { ...pageOf(all, query), hosts: [...hosts] }
  })
}

/** More would not help to choose. */
const NAMED_MAX = 10
