import { compareText } from './select.ts'

/** Names of images, as people, engines and containers write them. */

/**
 * A reference as the name of a tag, in its short form: `docker.io/library/shop` is `shop:latest`.
 * Undefined where it names no tag: by digest, or not at all.
 */
export function tagOf(reference: string): string | undefined {
  if (reference === '' || reference.includes('@')) return undefined
  const short = reference.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '')
  const last = short.slice(short.lastIndexOf('/') + 1)
  return last.includes(':') ? short : `${short}:latest`
}

/** It may be an id or the beginning of one; a name may look like it too. */
export function looksLikeId(reference: string): boolean {
  return /^(?:sha256:)?[0-9a-f]{4,64}$/.test(reference)
}

interface Nameable {
  readonly id: string
  readonly tags: readonly string[]
  readonly digests: readonly string[]
}

export type FoundImage<Image> =
  | { readonly kind: 'found'; readonly image: Image }
  /** A tag leads to different images on different hosts, or an id is too short. */
  | { readonly kind: 'ambiguous'; readonly names: readonly string[] }
  | { readonly kind: 'none' }

/** The image that a person means: by id, by tag, by digest, or by the beginning of its id. */
export function resolveImage<Image extends Nameable>(
  all: readonly Image[],
  text: string,
): FoundImage<Image> {
  const tag = tagOf(text)
  const kinds: ((image: Image) => boolean)[] = [
    ({ id }) => id === text || id === `sha256:${text}`,
    ({ tags }) => tag !== undefined && tags.some((each) => tagOf(each) === tag),
    ({ digests }) => digests.includes(text),
    ({ id }) => looksLikeId(text) && id.startsWith(`sha256:${text.replace(/^sha256:/, '')}`),
  ]
  for (const fits of kinds) {
    const [only, ...others] = all.filter(fits)
    if (only === undefined) continue
    if (others.length === 0) return { kind: 'found', image: only }
    return { kind: 'ambiguous', names: [only, ...others].map(describe).sort(compareText) }
  }
  return { kind: 'none' }
}

function describe({ id, tags }: Nameable): string {
  return tags[0] === undefined ? id : `${id} (${tags[0]})`
}
