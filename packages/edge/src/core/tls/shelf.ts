import { byWorth, type Certificate } from './certificate.ts'

/** The certificates of this edge, by a name that no two of them have, and what became of each. */
export type Shelf = ReadonlyMap<string, Place>

export interface Place {
  readonly name: string
  readonly source: Certificate['source']
  /** Mark of the text that was looked at last, so that it is looked at once. */
  readonly mark: string
  /** What is served: of this text, or of the last one that could be. */
  readonly kept: Certificate | undefined
  /** Why the text that was looked at last is not; for a person. */
  readonly problem: string | undefined
}

/** What a look at one text came to. */
export type Looked = Pick<Place, 'name' | 'source' | 'mark'> &
  (
    | { readonly kind: 'good'; readonly certificate: Certificate }
    | { readonly kind: 'broken'; readonly why: string }
  )

/** Each edge has as many as the masters keep, and as many in its folder. */
export const CERTIFICATES_MAX = 1_000

export function placeId({ source, name }: Pick<Place, 'name' | 'source'>): string {
  return `${source} ${name}`
}

/**
 * The shelf after a look: what is no longer there is gone, and a text that is broken leaves what was
 * served before in its place.
 *
 * @param there ids of all that is there now.
 * @param looked what was looked at, because its text is another one.
 */
export function learn(shelf: Shelf, there: ReadonlySet<string>, looked: readonly Looked[]): Shelf {
  const stay = [...shelf].filter(([id]) => there.has(id))
  const learned = looked.map((it) => [placeId(it), placeOf(it, shelf.get(placeId(it)))] as const)
  return new Map([...stay, ...learned].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function placeOf(it: Looked, before: Place | undefined): Place {
  const { name, source, mark } = it
  return it.kind === 'good'
    ? { name, source, mark, kept: it.certificate, problem: undefined }
    : { name, source, mark, kept: before?.kept, problem: it.why }
}

/** What nginx shows, the best one first. The very list of before when it is the same. */
export function shown(
  shelf: Shelf,
  nowMs: number,
  before: readonly Certificate[],
): readonly Certificate[] {
  const kept = [...shelf.values()].flatMap((place) => place.kept ?? [])
  const list = kept.sort(byWorth(nowMs))
  const isSame = list.length === before.length && list.every((it, at) => it === before[at])
  return isSame ? before : list
}
