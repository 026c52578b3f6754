import { allContainers, nameOf, type Placed } from './select.ts'
import type { Graph } from './graph.ts'

export type Named =
  | { readonly kind: 'found'; readonly placed: Placed }
  /** In full, so that one of them can be typed. */
  | { readonly kind: 'ambiguous'; readonly names: readonly string[] }
  | { readonly kind: 'none' }

/** A single digit would fit every sixteenth container. */
const ID_PREFIX_MIN = 2

/**
 * The container that a person means: by full id, by `<host>/<name>`, by name, or by the beginning of
 * its id, the first kind that fits at all. A host goes by its name or its id.
 */
export function resolveContainer(graph: Graph, text: string): Named {
  const all = allContainers(graph)
  const wanted = text.startsWith('/') ? text.slice(1) : text
  const kinds: ((placed: Placed) => boolean)[] = [
    ({ container }) => container.id === wanted,
    ({ host, container }) =>
      [host.facts.name, host.id].some((name) => `${name}/${nameOf(container)}` === wanted),
    ({ container }) => nameOf(container) === wanted,
    ({ container }) => wanted.length >= ID_PREFIX_MIN && container.id.startsWith(wanted),
  ]
  for (const fits of kinds) {
    const [only, ...others] = all.filter(fits)
    if (only === undefined) continue
    if (others.length === 0) return { kind: 'found', placed: only }
    return { kind: 'ambiguous', names: [only, ...others].map(describe) }
  }
  return { kind: 'none' }
}

function describe({ host, container }: Placed): string {
  return `${host.facts.name}/${nameOf(container)} (${container.id.slice(0, 12)})`
}
