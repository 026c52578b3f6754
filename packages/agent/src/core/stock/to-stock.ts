import {
  DiffId,
  type Image,
  IMAGES_PER_HOST_MAX,
  LAYERS_PER_IMAGE_MAX,
  NAMES_PER_IMAGE_MAX,
  STOCK_LABEL_VALUE_MAX,
  STOCK_LABELS_MAX,
  toImageId,
  type Volume,
  VOLUMES_PER_HOST_MAX,
} from '@roadstead/shared/protocol/stock.ts'
import { byText, cut } from '../bounded.ts'
import { isNeededLabel } from '../labels.ts'
import { layerBytes } from './layer-bytes.ts'
import type { HistoryJson, ImageContentJson, ListedImageJson, VolumeJson } from './stock-json.ts'

const NAME_MAX = 512
const LABEL_KEY_MAX = 256
/** How an engine writes that an image has no name. */
const NAMELESS = '<none>'
/** The last time that a date of the platform can hold. */
const SECONDS_MAX = 8.64e12

/** What is the same about an image for as long as it exists, and costs two questions. */
export type ImageContent = Pick<Image, 'platform' | 'layers'> &
  Partial<Pick<Image, 'createdAt' | 'layerBytes'>>

export const UNKNOWN_CONTENT: ImageContent = { platform: '', layers: [] }

export function toImageContent(
  json: ImageContentJson,
  history: readonly HistoryJson[],
): ImageContent {
  const all = json.RootFS?.Layers ?? []
  // Half of the layers would be another image.
  const isWhole = all.length <= LAYERS_PER_IMAGE_MAX && all.every(isDiffId)
  const layers = isWhole ? all : []
  const bytes = layerBytes(layers.length, history)
  const platform = [json.Os, json.Architecture, json.Variant].filter((part) => part !== '')
  return {
    platform: cut(platform.join('/'), 64),
    layers,
    ...(json.Created !== '' && { createdAt: cut(json.Created, 64) }),
    ...(isWhole && bytes !== undefined && { layerBytes: [...bytes] }),
  }
}

/** Undefined for what has no id that can be believed. */
export function toImage(listed: ListedImageJson, content: ImageContent): Image | undefined {
  const id = toImageId(listed.Id)
  if (id === undefined) return undefined
  const { createdAt = timeOf(listed.Created), ...rest } = content
  return {
    id,
    tags: namesOf(listed.RepoTags),
    digests: namesOf(listed.RepoDigests),
    bytes: Math.max(0, listed.Size),
    createdAt,
    labels: labelsOf(listed.Labels),
    ...rest,
  }
}

export function toVolume(json: VolumeJson): Volume | undefined {
  // A name that is cut would be another volume's.
  if (json.Name === '' || json.Name.length > NAME_MAX) return undefined
  return {
    name: json.Name,
    driver: cut(json.Driver, 256),
    mountpoint: cut(json.Mountpoint, 1_024),
    scope: cut(json.Scope, 32),
    createdAt: cut(json.CreatedAt, 64),
    labels: labelsOf(json.Labels),
  }
}

/** Those that are told where there are too many: what runs first, then what has a name. */
export function chooseImages(
  images: readonly Image[],
  inUse: ReadonlySet<string>,
): readonly Image[] {
  if (images.length <= IMAGES_PER_HOST_MAX) return images
  const rank = ({ id, tags }: Image): number => (inUse.has(id) ? 0 : 2) + Number(tags.length === 0)
  const sorted = images.toSorted((a, b) => rank(a) - rank(b) || byText(a.id, b.id))
  return sorted.slice(0, IMAGES_PER_HOST_MAX)
}

export function chooseVolumes(
  volumes: readonly Volume[],
  inUse: ReadonlySet<string>,
): readonly Volume[] {
  if (volumes.length <= VOLUMES_PER_HOST_MAX) return volumes
  const rank = ({ name }: Volume): number => Number(!inUse.has(name))
  const sorted = volumes.toSorted((a, b) => rank(a) - rank(b) || byText(a.name, b.name))
  return sorted.slice(0, VOLUMES_PER_HOST_MAX)
}

function isDiffId(text: string): boolean {
  return DiffId.safeParse(text).success
}

function namesOf(names: readonly string[]): string[] {
  return names
    .filter((name) => name !== '' && name.length <= NAME_MAX && !name.includes(NAMELESS))
    .sort(byText)
    .slice(0, NAMES_PER_IMAGE_MAX)
}

function labelsOf(labels: Readonly<Record<string, string>>): Record<string, string> {
  const chosen = Object.entries(labels)
    .filter(([key]) => key.length <= LABEL_KEY_MAX)
    .sort(([a], [b]) => Number(isNeededLabel(b)) - Number(isNeededLabel(a)) || byText(a, b))
    .slice(0, STOCK_LABELS_MAX)
  return Object.fromEntries(chosen.map(([key, value]) => [key, cut(value, STOCK_LABEL_VALUE_MAX)]))
}

function timeOf(seconds: number): string {
  return Math.abs(seconds) > SECONDS_MAX ? '' : new Date(seconds * 1_000).toISOString()
}
