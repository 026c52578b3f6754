import { z } from 'zod'
import { SiteId } from '../kernel/ids.ts'
import { Cause } from './observation.ts'
import { Stamp } from './stamp.ts'

/**
 * What a host keeps besides containers: the images and volumes of its engine. Nothing is routed by it,
 * so it has a stream of its own and never stands before a container on its way.
 *
 * It is told in slices. An image or a volume belongs to one slice by its name, a slice is always told
 * whole, and the newest word about a slice replaces the one before. So what changes costs one slice and
 * not the list, and no message depends on another: they may come twice, late, or in any order.
 */
export const STOCK_SLICES = 16

/** Images of one host that are told; a host that builds all day has some hundreds. */
export const IMAGES_PER_HOST_MAX = 1_000
/** Volumes of one host that are told; anonymous ones pile up where nobody prunes. */
export const VOLUMES_PER_HOST_MAX = 2_000
/** Engines take images of at most 127 layers. */
export const LAYERS_PER_IMAGE_MAX = 128
/** Names of one image that are told: by tag, and by digest. */
export const NAMES_PER_IMAGE_MAX = 32
/** Labels of an image or a volume that are told, and the length to which each is cut. */
export const STOCK_LABELS_MAX = 32
export const STOCK_LABEL_VALUE_MAX = 512

const Name = z.string().min(1).max(512)
const Text = z.string().max(1_024)
const Bytes = z.int().nonnegative()
const Labels = z
  .record(z.string().max(256), z.string().max(STOCK_LABEL_VALUE_MAX))
  .refine((labels) => Object.keys(labels).length <= STOCK_LABELS_MAX)

/** The engine's own id of an image, the same wherever the same image is. */
export const ImageId = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits')
export type ImageId = z.infer<typeof ImageId>

/** SHA-256 of what one layer unpacks to: the same in every image that has it. */
export const DiffId = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be the digest of a layer')

export const Image = z.object({
  id: ImageId,
  /** As in `shop:2`, in the order of text. */
  tags: z.array(Name).max(NAMES_PER_IMAGE_MAX),
  /** As in `shop@sha256:…`: by what a registry calls it. */
  digests: z.array(Name).max(NAMES_PER_IMAGE_MAX),
  /** All its layers together, as the engine counts them. */
  bytes: Bytes,
  /** RFC 3339; for people. */
  createdAt: z.string().max(64),
  /** As in `linux/amd64`; empty when the engine cannot say. */
  platform: z.string().max(64),
  labels: Labels,
  /** The lowest first. None when the engine cannot say. */
  layers: z.array(DiffId).max(LAYERS_PER_IMAGE_MAX),
  /** Of each layer; absent when the engine's history does not tell which is whose. */
  layerBytes: z.array(Bytes).max(LAYERS_PER_IMAGE_MAX).optional(),
})
export type Image = z.infer<typeof Image>

export const Volume = z.object({
  name: Name,
  driver: z.string().max(256),
  /** On the host; empty where a driver does not say. */
  mountpoint: Text,
  scope: z.string().max(32),
  createdAt: z.string().max(64),
  labels: Labels,
})
export type Volume = z.infer<typeof Volume>

const about = {
  kind: z.literal('stock'),
  v: z.literal(1),
  site: SiteId,
  /** Counted apart from observations: it orders slices of one host and nothing else. */
  stamp: Stamp,
  slice: z
    .int()
    .min(0)
    .max(STOCK_SLICES - 1),
  /** What made the agent list; the first of what asked for the same list. */
  cause: Cause,
  /** How many there are in this slice that are not told, for want of room. */
  untold: z.int().nonnegative(),
}

/** One slice of a host's stock, whole: what is not in it is not there, by the engine's own answer. */
export const StockSlice = z.discriminatedUnion('of', [
  z.object({ ...about, of: z.literal('images'), items: z.array(Image).max(IMAGES_PER_HOST_MAX) }),
  z.object({
    ...about,
    of: z.literal('volumes'),
    items: z.array(Volume).max(VOLUMES_PER_HOST_MAX),
  }),
])
export type StockSlice = z.infer<typeof StockSlice>

export type StockKind = StockSlice['of']
export const STOCK_KINDS = ['images', 'volumes'] as const satisfies readonly StockKind[]

/** An id as engines write it, with or without the name of its hash; undefined for anything else. */
export function toImageId(text: string): ImageId | undefined {
  const id = text.startsWith('sha256:') ? text : `sha256:${text}`
  return ImageId.safeParse(id).data
}
