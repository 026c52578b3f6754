import { z } from 'zod'
import { count, listOf, recordOf, text } from '../json-parts.ts'

/**
 * What the agent reads of images and volumes. Commands that built an image and options of a volume's
 * driver stay here: passwords have been seen in both.
 */
const Labels = recordOf(z.string())

/** One item of `GET /images/json` */
export const ListedImageJson = z.object({
  Id: text,
  RepoTags: listOf(z.string()),
  RepoDigests: listOf(z.string()),
  /** Seconds since 1970. */
  Created: count,
  Size: count,
  Labels,
})
export type ListedImageJson = z.infer<typeof ListedImageJson>

/** `GET /images/{id}/json`, of which only what never changes is read. */
export const ImageContentJson = z.object({
  Created: text,
  Os: text,
  Architecture: text,
  Variant: text,
  RootFS: z.object({ Layers: listOf(z.string()) }).nullish(),
})
export type ImageContentJson = z.infer<typeof ImageContentJson>

/** One line of `GET /images/{id}/history`, the newest first. */
export const HistoryJson = z.object({ CreatedBy: text, Size: count })
export type HistoryJson = z.infer<typeof HistoryJson>

export const VolumeJson = z.object({
  Name: text,
  Driver: text,
  Mountpoint: text,
  Scope: text,
  CreatedAt: text,
  Labels,
})
export type VolumeJson = z.infer<typeof VolumeJson>

/** `GET /volumes` */
export const VolumesJson = z.object({ Volumes: listOf(VolumeJson) })
