import type {
  ImageList,
  ImagesOfHost,
  ImageUser,
  ImageView,
} from '@roadstead/shared/protocol/http-stock.ts'
import { bytesText } from '../bytes.ts'
import { type Cell, plain, toned } from '../cell.ts'
import { since } from '../span.ts'
import { type Column, type Page, renderTable } from '../table.ts'
import { stockNotes } from './stock-notes.ts'

/** Of an id, as `docker images` shows it. */
const SHORT_ID = 12

/** Sizes of it that are its own are told only if they are known everywhere. */
export function ownBytesOf({ hosts }: Pick<ImageView, 'hosts'>): number | undefined {
  const sizes = hosts.map(({ ownBytes }) => ownBytes)
  return sizes.reduce(
    (sum, bytes) => (sum === undefined || bytes === undefined ? undefined : sum + bytes),
    0,
  )
}

export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, SHORT_ID)
}

function imageColumns(nowMs: number): readonly Column<ImageView>[] {
  return [
    { title: 'IMAGE', priority: 1, cutTo: 16, cell: (image) => nameCell(image) },
    { title: 'ID', priority: 4, cell: ({ id }) => plain(shortId(id)) },
    { title: 'USE', priority: 2, cell: (image) => useCell(image) },
    { title: 'SIZE', priority: 5, cell: ({ bytes }) => plain(bytesText(bytes)) },
    { title: 'FREES', priority: 6, cell: (image) => plain(sizeOr(ownBytesOf(image))) },
    { title: 'HOSTS', priority: 3, cutTo: 8, cell: ({ hosts }) => plain(hostsText(hosts)) },
    { title: 'AGE', priority: 7, cell: ({ createdAt }) => plain(since(createdAt, nowMs)) },
    {
      title: 'CONTAINERS',
      priority: 8,
      cutTo: 12,
      cell: ({ containers }) => plain(pathsText(containers)),
    },
    { title: 'PLATFORM', priority: 9, wide: true, cell: ({ platform }) => plain(platform || '-') },
    {
      title: 'LAYERS',
      priority: 10,
      wide: true,
      cell: ({ layers }) => plain(String(layers || '-')),
    },
    {
      title: 'DIGEST',
      priority: 11,
      wide: true,
      sparse: true,
      cell: ({ digests }) => plain(digests[0] ?? '-'),
    },
  ]
}

type Outdated = ImageUser & { readonly image: string }

const outdatedColumns: readonly Column<Outdated>[] = [
  { title: 'CONTAINER', priority: 1, cutTo: 16, cell: ({ path }) => plain(path) },
  { title: 'STATE', priority: 5, cell: ({ state }) => plain(state) },
  { title: 'STARTED FROM', priority: 2, cutTo: 12, cell: ({ reference }) => plain(reference) },
  { title: 'IMAGE', priority: 4, cell: ({ image }) => plain(shortId(image)) },
  { title: 'IS NOW', priority: 3, cell: ({ now = '' }) => toned(shortId(now), 'warn') },
]

/** All images, what can be freed by removing those that are shown, and what the list does not tell. */
export function imagesText(
  list: ImageList,
  nowMs: number,
  page: Page,
  asksUnused: boolean,
): string {
  const table = renderTable(imageColumns(nowMs), list.items, page)
  const freed = asksUnused ? freedText(list.hosts) : ''
  return table + freed + stockNotes(list.hosts, 'images', page)
}

/** Containers whose name another image has now. */
export function outdatedText(list: ImageList, page: Page): string {
  const users = list.items
    .flatMap(({ containers, id: image }) => containers.map((each) => ({ ...each, image })))
    .filter(({ tag }) => tag === 'moved')
  return renderTable(outdatedColumns, users, page) + stockNotes(list.hosts, 'images', page)
}

function nameCell({ tags }: ImageView): Cell {
  const [first, ...others] = tags
  if (first === undefined) return toned('<none>', 'dim')
  return plain(others.length === 0 ? first : `${first} +${others.length}`)
}

function useCell({ containers, outdated, unused, hosts }: ImageView): Cell {
  if (outdated) return toned('outdated', 'warn')
  if (unused) return toned('unused', 'dim')
  if (containers.length > 0) return plain(`in use (${containers.length})`)
  return hosts.every((it) => it.containers !== undefined) ? plain('-') : toned('unknown', 'warn')
}

function hostsText(hosts: ImageView['hosts']): string {
  return hosts.map(({ hostName }) => hostName).join(',')
}

function pathsText(users: readonly ImageUser[]): string {
  return users.map(({ path }) => path).join(' ') || '-'
}

function sizeOr(bytes: number | undefined): string {
  return bytes === undefined ? '-' : bytesText(bytes)
}

function freedText(hosts: readonly ImagesOfHost[]): string {
  const all = hosts.filter(({ unusedBytes }) => unusedBytes > 0)
  if (all.length === 0) return ''
  const sum = all.reduce((bytes, it) => bytes + it.unusedBytes, 0)
  const least = all.every(({ exact }) => exact) ? '' : 'at least '
  return `Without what no container has, ${least}${bytesText(sum)} would be free.\n`
}
