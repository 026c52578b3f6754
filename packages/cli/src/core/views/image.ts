import type { ImageDetail, ImagePlace, ImageUser } from '@roadstead/shared/protocol/http-stock.ts'
import { bytesText } from '../bytes.ts'
import { type Cell, cut, paint, plain, printable, toned } from '../cell.ts'
import { foldAfter } from '../fold.ts'
import { since } from '../span.ts'
import { type Column, type Page, renderTable, WIDE } from '../table.ts'
import { shortId } from './images.ts'

type Layer = ImageDetail['layerList'][number]

const placeColumns: readonly Column<ImagePlace>[] = [
  { title: 'HOST', priority: 1, cutTo: 12, cell: ({ hostName }) => plain(hostName) },
  {
    title: 'NAMES THERE',
    priority: 2,
    cutTo: 16,
    cell: ({ tags }) => plain(tags.join(' ') || '-'),
  },
  { title: 'CONTAINERS', priority: 3, cell: ({ containers }) => plain(countOr(containers)) },
  {
    title: 'FREES',
    priority: 4,
    cell: ({ ownBytes }) => plain(ownBytes === undefined ? '-' : bytesText(ownBytes)),
  },
]

const userColumns: readonly Column<ImageUser>[] = [
  { title: 'CONTAINER', priority: 1, cutTo: 16, cell: ({ path }) => plain(path) },
  { title: 'STATE', priority: 3, cell: ({ state }) => plain(state) },
  { title: 'STARTED FROM', priority: 2, cutTo: 12, cell: ({ reference }) => plain(reference) },
  { title: 'THAT NAME', priority: 4, cell: tagCell },
]

const layerColumns: readonly Column<Layer>[] = [
  { title: 'LAYER', priority: 1, cutTo: 19, cell: ({ diffId }) => plain(diffId) },
  {
    title: 'SIZE',
    priority: 2,
    cell: ({ bytes }) => plain(bytes === undefined ? '-' : bytesText(bytes)),
  },
  { title: 'IN IMAGES', priority: 3, cell: ({ images }) => plain(String(images)) },
]

/** One image with everything that is known about it. */
export function imageText(image: ImageDetail, nowMs: number, page: Page): string {
  const { bytes, containers, createdAt, digests, disputed, hosts, id, layerList, platform, tags } =
    image
  const room = page.wide ? WIDE : page.width
  const about = [platform, bytesText(bytes), `made ${since(createdAt, nowMs)} ago`]
  const head = [
    ...foldAfter('', 0, printable(tags.join(' ') || '<none>'), room),
    id,
    ...digests.map((digest) => cut(printable(digest), room)),
    about.filter((part) => part !== '').join(', '),
  ]
  const doubt = 'Hosts say different things about this id; this is what most of them say.'
  const lines = [...head, ...(disputed ? [paint(doubt, 'warn', page.colour)] : [])]
  const parts = [
    `${lines.join('\n')}\n`,
    renderTable(placeColumns, hosts, page),
    containers.length === 0 ? '' : renderTable(userColumns, containers, page),
    layerList.length === 0 ? '' : renderTable(layerColumns, layerList, page),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

function tagCell({ now = '', tag }: ImageUser): Cell {
  switch (tag) {
    case 'same':
      return toned('is this image', 'good')
    case 'moved':
      return toned(`is now ${shortId(now)}`, 'warn')
    case 'gone':
      return toned('is gone', 'warn')
    case 'none':
      return plain('-')
    case 'unknown':
      return toned('unknown', 'warn')
  }
}

function countOr(count: number | undefined): string {
  return count === undefined ? 'unknown' : String(count)
}
