import { PathPattern } from '@roadstead/shared/protocol/route.ts'
import type { RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import { shown } from '../label-values.ts'
import type { Problem } from '../found.ts'
import type { Place } from './rule/places.ts'

/** What a middleware does to the path; texts are as written. */
export type PathStep =
  | { readonly kind: 'strip'; readonly prefixes: readonly string[]; readonly label: string }
  | { readonly kind: 'add'; readonly prefix: PathPattern }
  | { readonly kind: 'replace'; readonly path: PathPattern }

export interface PathAtEndpoint extends Pick<RouteSettings, 'addPrefix' | 'replacePath'> {
  readonly stripPrefix: boolean
}

/**
 * What steps mean for the requests of one place. All that a step sees is the path of the place and
 * whatever a visitor wrote after it; so each step changes what stands before the latter, and a step
 * that would have to look at it is refused.
 */
export function pathAtEndpoint(place: Place, steps: readonly PathStep[]): PathAtEndpoint | Problem {
  const before = place.match === 'exact' ? place.path : withoutSlash(place.path)
  let head: string = before
  let isWhole = place.match === 'exact'
  for (const step of steps) {
    if (step.kind === 'add') head = withoutSlash(step.prefix) + head
    if (step.kind === 'replace') {
      head = step.path
      isWhole = true
    }
    if (step.kind === 'strip') {
      const stripped = strip(head, step.prefixes, isWhole)
      if (stripped === undefined) return notAtHand(place, step.label)
      head = stripped
    }
  }
  if (isWhole) return head === before && place.match === 'exact' ? untouched : replaced(head)
  return between(before, head)
}

const untouched: PathAtEndpoint = { stripPrefix: false }

/** Undefined when it depends on what the visitor wrote after the path of the place. */
function strip(head: string, prefixes: readonly string[], isWhole: boolean): string | undefined {
  for (const each of prefixes) {
    const prefix = withoutSlash(each)
    if (head === prefix || head.startsWith(`${prefix}/`)) return head.slice(prefix.length)
    if (!isWhole && prefix.startsWith(`${head}/`)) return undefined
  }
  return head
}

function between(before: string, head: string): PathAtEndpoint | Problem {
  const isKept = head.endsWith(before)
  const added = isKept ? head.slice(0, head.length - before.length) : head
  if (added === '') return { stripPrefix: !isKept }
  const prefix = PathPattern.safeParse(added)
  if (!prefix.success) return { reason: 'invalid-path', details: { path: shown(added) } }
  return { stripPrefix: !isKept, addPrefix: prefix.data }
}

function replaced(head: string): PathAtEndpoint | Problem {
  const path = PathPattern.safeParse(head === '' ? '/' : head)
  if (!path.success) return { reason: 'invalid-path', details: { path: shown(head) } }
  return { stripPrefix: false, replacePath: path.data }
}

function notAtHand({ path }: Place, label: string): Problem {
  const why = `only what the route has in its path can be taken off, and that is ${path}`
  return { reason: 'middleware-refused', details: { label: shown(label), why } }
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}
