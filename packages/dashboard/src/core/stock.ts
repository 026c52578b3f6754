import type { ImageList, ImageView, VolumeView } from '@roadstead/shared/protocol/http-stock.ts'
import type { Mark } from './marks.ts'

/** A list that is asked for when a person wants it: it is long, and no part of the live feed. */
export type Asked<List> =
  | { readonly kind: 'closed' }
  | { readonly kind: 'asking' }
  | { readonly kind: 'shown'; readonly list: List; readonly atMs: number }
  | { readonly kind: 'failed' }

const IN_USE: Mark = { shape: 'square', word: 'In use', tone: 'good' }
const OUTDATED: Mark = { shape: 'triangle', word: 'Outdated', tone: 'wait' }
const UNUSED: Mark = { shape: 'ring', word: 'Unused', tone: 'idle' }
const UNKNOWN: Mark = { shape: 'dashed', word: 'Not known', tone: 'wait' }

export function markOfImage({
  containers,
  outdated,
  unused,
}: Pick<ImageView, 'containers' | 'outdated' | 'unused'>): Mark {
  if (outdated) return OUTDATED
  if (unused) return UNUSED
  return containers.length > 0 ? IN_USE : UNKNOWN
}

export function markOfVolume({
  containers,
  unused,
}: Pick<VolumeView, 'containers' | 'unused'>): Mark {
  if (unused) return UNUSED
  return containers.length > 0 ? IN_USE : UNKNOWN
}

export const textOfStock = {
  images: ({ containers, hosts, id, tags }: ImageView): string =>
    [
      id,
      ...tags,
      ...hosts.map(({ hostName }) => hostName),
      ...containers.map(({ path }) => path),
    ].join(' '),
  volumes: ({ containers, driver, hostName, name }: VolumeView): string =>
    [`${hostName}/${name}`, driver, ...containers.map(({ path }) => path)].join(' '),
}

/** Of what is never cut down to a name: twelve digits, as `docker images` shows them. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12)
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** `188 MB`, in powers of a thousand. */
export function sizeOf(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000
    unit += 1
  }
  const digits = unit === 0 || value >= 9.95 ? 0 : 1
  return `${value.toFixed(digits)} ${UNITS[unit] ?? ''}`
}

/** What would be free, where anything would; nothing else tells what is worth the trouble. */
export function freed({ hosts }: Pick<ImageList, 'hosts'>): string {
  const bytes = hosts.reduce((sum, { unusedBytes }) => sum + unusedBytes, 0)
  if (bytes === 0) return ''
  const least = hosts.every(({ exact }) => exact) ? '' : 'at least '
  return `Without what no container has, ${least}${sizeOf(bytes)} would be free.`
}

interface ToldBy {
  readonly hostName: string
  readonly complete: boolean
  readonly untold: number
}

/** What the list does not tell; nothing when it is all there is. */
export function missing(hosts: readonly ToldBy[]): string {
  const partly = hosts.filter(({ complete }) => !complete).map(({ hostName }) => hostName)
  const untold = hosts.reduce((sum, each) => sum + each.untold, 0)
  return [
    partly.length > 0 ? `Not all is told yet by ${partly.join(', ')}.` : '',
    untold > 0 ? `${untold} more are beyond what a host may tell.` : '',
  ]
    .filter((text) => text !== '')
    .join(' ')
}
