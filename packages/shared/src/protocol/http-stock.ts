import { z } from 'zod'

/** What the API says about images and volumes: see `http.ts`. */

/** One image on one host. */
export const ImagePlace = z.object({
  host: z.string(),
  hostName: z.string(),
  /** Its names there. */
  tags: z.array(z.string()),
  /** That run from it, or are stopped; absent: the containers of that host are not known. */
  containers: z.int().optional(),
  /** What no other image of that host has: removing it frees so much. Absent: not known. */
  ownBytes: z.int().optional(),
})
export type ImagePlace = z.infer<typeof ImagePlace>

export const ImageUser = z.object({
  host: z.string(),
  hostName: z.string(),
  container: z.string(),
  /** `<host name>/<container name>` */
  path: z.string(),
  state: z.string(),
  /** What it was started from, as in `shop:2`. */
  reference: z.string(),
  /**
   * Where that name leads on its host now: to the `same` image, or it has `moved` to another, or is
   * `gone`. `none`: it was started by an id or a digest. `unknown`: not all images are known.
   */
  tag: z.enum(['same', 'moved', 'gone', 'none', 'unknown']),
  /** The image that has the name now, where it has moved. */
  now: z.string().optional(),
})
export type ImageUser = z.infer<typeof ImageUser>

export const ImageView = z.object({
  id: z.string(),
  /** On any of the hosts. */
  tags: z.array(z.string()),
  digests: z.array(z.string()),
  bytes: z.int(),
  createdAt: z.string(),
  platform: z.string(),
  labels: z.record(z.string(), z.string()),
  layers: z.int(),
  hosts: z.array(ImagePlace),
  containers: z.array(ImageUser),
  /** No container of these hosts has it. */
  unused: z.boolean(),
  /** It has no name on any of these hosts. */
  dangling: z.boolean(),
  /** A container was started from a name of it that another image has now. */
  outdated: z.boolean(),
})
export type ImageView = z.infer<typeof ImageView>

export const ImageDetail = ImageView.extend({
  layerList: z.array(
    z.object({
      diffId: z.string(),
      bytes: z.int().optional(),
      /** Different images, on all hosts, that have this layer. */
      images: z.int(),
    }),
  ),
  /** Hosts say different things of it under one id; what most of them say is shown. */
  disputed: z.boolean(),
})
export type ImageDetail = z.infer<typeof ImageDetail>

/** How much of a host's images or volumes a list is about. */
const StockOfHost = z.object({
  host: z.string(),
  hostName: z.string(),
  /** Everything was told at least once; false: there may be more. */
  complete: z.boolean(),
  /** There are so many more than a host may tell. */
  untold: z.int(),
})

export const ImagesOfHost = StockOfHost.extend({
  images: z.int(),
  /** What they take together, each layer once. */
  bytes: z.int(),
  /** What would be free without those that no container has. */
  unusedBytes: z.int(),
  /** False: the size of some layer is not known, and both are at least this. */
  exact: z.boolean(),
})
export type ImagesOfHost = z.infer<typeof ImagesOfHost>

export const ImageList = z.object({
  items: z.array(ImageView),
  total: z.int(),
  hosts: z.array(ImagesOfHost),
})
export type ImageList = z.infer<typeof ImageList>

export const VolumeUser = z.object({
  container: z.string(),
  path: z.string(),
  state: z.string(),
  target: z.string(),
  writable: z.boolean(),
})

export const VolumeView = z.object({
  host: z.string(),
  hostName: z.string(),
  name: z.string(),
  driver: z.string(),
  mountpoint: z.string(),
  scope: z.string(),
  createdAt: z.string(),
  labels: z.record(z.string(), z.string()),
  /** Nobody gave it a name. */
  anonymous: z.boolean(),
  /** That mount it, running or not. */
  containers: z.array(VolumeUser),
  /** No container mounts it; false too where containers are not known. */
  unused: z.boolean(),
})
export type VolumeView = z.infer<typeof VolumeView>

export const VolumesOfHost = StockOfHost.extend({ volumes: z.int() })
export type VolumesOfHost = z.infer<typeof VolumesOfHost>

export const VolumeList = z.object({
  items: z.array(VolumeView),
  total: z.int(),
  hosts: z.array(VolumesOfHost),
})
export type VolumeList = z.infer<typeof VolumeList>
