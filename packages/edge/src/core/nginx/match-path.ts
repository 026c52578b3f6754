import type { TableRoute } from '@roadstead/shared/protocol/table.ts'

type Path = Pick<TableRoute, 'path' | 'match'>

/**
 * Which route of one domain a path belongs to: an exact one first, else the longest prefix. This is
 * the meaning of a route; what is rendered for nginx is computed from it.
 */
export function matchRoute<Route extends Path>(
  routes: readonly Route[],
  path: string,
): Route | undefined {
  const exact = routes.find((route) => route.match === 'exact' && route.path === path)
  return exact ?? matchPrefix(routes, path)
}

export function matchPrefix<Route extends Path>(
  routes: readonly Route[],
  path: string,
): Route | undefined {
  const covering = routes.filter((route) => route.match === 'prefix' && covers(route.path, path))
  return covering.reduce<Route | undefined>(
    (longest, route) => ((longest?.path.length ?? -1) < route.path.length ? route : longest),
    undefined,
  )
}

/** The path without the slash it may end with; empty for `/`. */
export function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}

/** Whole segments: `/api` covers `/api` and `/api/x`; `/api/` covers only what is below it. */
function covers(prefix: string, path: string): boolean {
  return path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
}
