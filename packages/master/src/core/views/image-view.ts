import type { Container } from '@roadstead/shared/protocol/container.ts'
import type {
  ImageDetail,
  ImagePlace,
  ImagesOfHost,
  ImageUser,
  ImageView,
} from '@roadstead/shared/protocol/http-stock.ts'
import type { Image } from '@roadstead/shared/protocol/stock.ts'
import { type FoundImage, looksLikeId, resolveImage, tagOf } from '../graph/image-names.ts'
import { unusedBytes } from '../graph/layer-space.ts'
import { compareText, nameOf } from '../graph/select.ts'
import { stockHosts, type StockHost, type StockScene } from '../graph/stock-host.ts'

export interface ImageQuery {
  /** Name or id of one host. */
  readonly host?: string | undefined
  /** Only where no container has it. */
  readonly unused?: boolean | undefined
  /** Only where it has no name. */
  readonly dangling?: boolean | undefined
  /** Only if a container was started from a name that another image has now. */
  readonly outdated?: boolean | undefined
}

export interface ImageViews {
  readonly images: readonly ImageView[]
  readonly hosts: readonly ImagesOfHost[]
}

/** One image on one host. */
interface Placed {
  readonly image: Image
  readonly host: StockHost
  readonly place: ImagePlace
}

/** An image is one, wherever it is. Named ones first, by name; then the others, by id. */
export function imageViews(scene: StockScene, query: ImageQuery = {}): ImageViews {
  const hosts = stockHosts(scene, query.host)
  const placed = hosts
    .flatMap((host) => host.images.map((image) => placedOn(host, image)))
    .filter(({ place }) => isAsked(place, query))
  const users = usersById(hosts)
  const images = [...Map.groupBy(placed, ({ image }) => image.id).values()]
    .map((each) => viewOf(each, query.unused === true ? noUsers : users))
    .filter(({ outdated }) => query.outdated !== true || outdated)
    .sort(byName)
  return { images, hosts: hosts.map((host) => sumOf(scene, host)) }
}

/** The image that a person means, by the names that images have on a host or on all, with its layers. */
export function findImage(scene: StockScene, name: string, host?: string): FoundImage<ImageDetail> {
  const { images } = imageViews(scene)
  // A name may lead to another image on each host; the image is then told with all its places.
  const there = host === undefined ? images : imageViews(scene, { host }).images
  const found = resolveImage(there, name)
  if (found.kind !== 'found') return found
  const image = images.find(({ id }) => id === found.image.id) ?? found.image
  return { kind: 'found', image: detailOf(scene, image) }
}

/** With its layers, each with how many images have it. */
function detailOf({ stock }: StockScene, view: ImageView): ImageDetail {
  const all = new Map(
    stock.hosts.flatMap((host) => stock.images(host)).map((image) => [image, image.id]),
  )
  const variants = [...all].filter(([, id]) => id === view.id).map(([image]) => image)
  const [shown] = mostSaid(
    variants,
    stock.hosts.flatMap((host) => stock.images(host)),
  )
  const layerBytes = shown?.layerBytes
  const layerList = (shown?.layers ?? []).map((diffId, at) => {
    const having = [...all].filter(([image]) => image.layers.includes(diffId))
    const images = new Set(having.map(([, id]) => id)).size
    const bytes = layerBytes?.[at]
    return { diffId, images, ...(bytes !== undefined && { bytes }) }
  })
  const contents = new Set(variants.map(({ layers, bytes }) => JSON.stringify([layers, bytes])))
  return { ...view, layerList, disputed: contents.size > 1 }
}

function placedOn(host: StockHost, image: Image): Placed {
  const ownBytes = host.layers.ownBytes.get(image.id)
  const containers = host.containersByImage.get(image.id)?.length ?? 0
  const place: ImagePlace = {
    host: host.id,
    hostName: host.name,
    tags: image.tags,
    ...(host.node !== undefined && { containers }),
    ...(ownBytes !== undefined && { ownBytes }),
  }
  return { image, host, place }
}

function isAsked({ containers, tags }: ImagePlace, { unused, dangling }: ImageQuery): boolean {
  if (unused === true && containers !== 0) return false
  return dangling !== true || tags.length === 0
}

function viewOf(placed: readonly Placed[], usersBy: UsersById): ImageView {
  const all = placed.map(({ image }) => image)
  const [shown] = mostSaid(all, all)
  const {
    bytes = 0,
    createdAt = '',
    id = '',
    labels = {},
    layers = [],
    platform = '',
  } = shown ?? {}
  const tags = textsOf(all.flatMap((image) => image.tags))
  const containers = usersBy.get(id) ?? []
  return {
    id,
    tags,
    digests: textsOf(all.flatMap((image) => image.digests)),
    bytes,
    createdAt,
    platform,
    labels,
    layers: layers.length,
    hosts: placed.map(({ place }) => place),
    containers: [...containers],
    unused: containers.length === 0 && placed.every(({ place }) => place.containers === 0),
    dangling: tags.length === 0,
    outdated: containers.some(({ tag }) => tag === 'moved'),
  }
}

type UsersById = ReadonlyMap<string, readonly ImageUser[]>

/** Where an image is asked for only where nobody has it. */
const noUsers: UsersById = new Map()

/** A container may run from an image that its engine does not list any more. */
function usersById(hosts: readonly StockHost[]): UsersById {
  const users = hosts.flatMap((host) =>
    [...host.containersByImage].flatMap(([id, containers]) =>
      containers.map((each) => ({ id, user: userOf(host, id, each) })),
    ),
  )
  const byId = Map.groupBy(users, ({ id }) => id)
  return new Map(Array.from(byId, ([id, all]) => [id, all.map(({ user }) => user).sort(byPath)]))
}

function byPath(a: ImageUser, b: ImageUser): number {
  return compareText(a.path, b.path) || compareText(a.container, b.container)
}

function userOf(host: StockHost, id: string, container: Container): ImageUser {
  const { reference } = container.image
  const wanted = tagOf(reference)
  const now = wanted === undefined ? undefined : host.imageIdByTag.get(wanted)
  return {
    host: host.id,
    hostName: host.name,
    container: container.id,
    path: `${host.name}/${nameOf(container)}`,
    state: container.state,
    reference,
    tag: tagState(host, reference, { id, wanted, now }),
    ...(now !== undefined && now !== id && { now }),
  }
}

function tagState(
  host: StockHost,
  reference: string,
  {
    id,
    wanted,
    now,
  }: {
    readonly id: string
    readonly wanted?: string | undefined
    readonly now?: string | undefined
  },
): ImageUser['tag'] {
  if (wanted === undefined) return 'none'
  if (now !== undefined) return now === id ? 'same' : 'moved'
  if (looksLikeId(reference)) return 'none'
  return host.isComplete('images') ? 'gone' : 'unknown'
}

function sumOf({ stock }: StockScene, host: StockHost): ImagesOfHost {
  const { bytes, exact } = host.layers
  // What may be in use is.
  const isInUse = (id: string): boolean => host.node === undefined || host.containersByImage.has(id)
  const untold = stock.untold(host.id, 'images')
  return {
    host: host.id,
    hostName: host.name,
    complete: host.isComplete('images'),
    untold,
    images: host.images.length + untold,
    bytes,
    unusedBytes: unusedBytes(host.layers, isInUse),
    exact: exact && host.node !== undefined && untold === 0,
  }
}

/** What hosts say under one id is the same, unless one of them lies: then the most have it. */
function mostSaid(variants: readonly Image[], said: readonly Image[]): readonly Image[] {
  const content = ({ bytes, layers }: Image): string => JSON.stringify([bytes, layers])
  if (new Set(variants).size <= 1) return variants
  const counts = new Map<string, number>()
  const [first] = variants
  for (const image of said) {
    if (image.id !== first?.id) continue
    counts.set(content(image), (counts.get(content(image)) ?? 0) + 1)
  }
  const count = (image: Image): number => counts.get(content(image)) ?? 0
  return variants.toSorted((a, b) => count(b) - count(a) || compareText(content(a), content(b)))
}

function textsOf(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort(compareText)
}

function byName(a: ImageView, b: ImageView): number {
  const named = Number(a.dangling) - Number(b.dangling)
  return named || compareText(a.tags[0] ?? '', b.tags[0] ?? '') || compareText(a.id, b.id)
}
