import type { PathMatch, PathPattern } from '@roadstead/shared/protocol/route.ts'

export interface Place {
  readonly match: PathMatch
  readonly path: PathPattern
}

/** The requests that both places mean, which is one of the two or nothing. */
export function narrower(a: Place, b: Place): Place | undefined {
  if (isWithin(a, b)) return a
  return isWithin(b, a) ? b : undefined
}

/** Whether every request for the first is one for the second. */
export function isWithin(inner: Place, { match, path }: Place): boolean {
  if (match === 'exact') return inner.match === 'exact' && inner.path === path
  const folder = path.endsWith('/') ? path : `${path}/`
  return inner.path === path || inner.path.startsWith(folder)
}
