import { HostId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { Image, StockSlice } from '@roadstead/shared/protocol/stock.ts'

/** Images and volumes as tests and benchmarks want them. */

const site = SiteId.parse('main')
const cause = { action: 'list', seenAtMs: 0 }

export function exampleDigest(number: number): string {
  return `sha256:${number.toString(16).padStart(64, '0')}`
}

export function exampleImage(id: string, changes: Partial<Image> = {}): Image {
  return {
    id,
    tags: [],
    digests: [],
    bytes: 0,
    createdAt: '2026-01-01T00:00:00Z',
    platform: 'linux/amd64',
    labels: {},
    layers: [],
    ...changes,
  }
}

/** All images of a host in one slice. */
export function exampleImages(
  host: string,
  seq: number,
  images: readonly Image[],
  { slice = 0, untold = 0 }: { readonly slice?: number; readonly untold?: number } = {},
): StockSlice {
  const stamp = { host: HostId.parse(host), boot: 1, seq }
  return {
    kind: 'stock',
    v: 1,
    site,
    stamp,
    cause,
    slice,
    untold,
    of: 'images',
    items: [...images],
  }
}

export function exampleVolumes(
  host: string,
  seq: number,
  names: readonly string[],
  { slice = 0 }: { readonly slice?: number } = {},
): StockSlice {
  const stamp = { host: HostId.parse(host), boot: 1, seq }
  const items = names.map((name) => ({
    name,
    driver: 'local',
    mountpoint: `/var/lib/docker/volumes/${name}/_data`,
    scope: 'local',
    createdAt: '2026-01-01T00:00:00Z',
    labels: {},
  }))
  return { kind: 'stock', v: 1, site, stamp, cause, slice, untold: 0, of: 'volumes', items }
}
