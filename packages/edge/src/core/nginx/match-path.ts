import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import type { RouteTest } from '@roadstead/shared/protocol/route-settings.ts'
import type { TableRoute } from '@roadstead/shared/protocol/table.ts'
import { isInside } from './network.ts'

type Place = Pick<TableRoute, 'domain' | 'path' | 'match' | 'when' | 'priority'>

/** What routes may ask for besides domain and path. */
export interface Visitor {
  readonly method: string
  /** Address of the connection. */
  readonly client: string
  /** Value of a header by its name in any case; empty when there is none. */
  readonly header: (name: string) => string
}

/**
 * Which route of one domain a request belongs to. This is the meaning of a route; what is rendered
 * for nginx is computed from it.
 */
export function matchRoute<Route extends Place>(
  routes: readonly Route[],
  path: string,
  visitor: Visitor,
): Route | undefined {
  return candidatesAt(routes, path).find((route) => fits(route, visitor))
}

/** Routes that a request for exactly this path may belong to: the first that fits takes it. */
export function candidatesAt<Route extends Place>(
  routes: readonly Route[],
  path: string,
): readonly Route[] {
  return ranked(
    routes.filter((route) =>
      route.match === 'exact' ? route.path === path : covers(route.path, path),
    ),
  )
}

/** The same for any path below one that ends with a slash, as far as no other place says more. */
export function candidatesBelow<Route extends Place>(
  routes: readonly Route[],
  path: string,
): readonly Route[] {
  return ranked(routes.filter((route) => route.match === 'prefix' && covers(route.path, path)))
}

export function fits({ when }: Pick<TableRoute, 'when'>, visitor: Visitor): boolean {
  return when === undefined || when.every((one) => holds(one, visitor))
}

/** The path without the slash it may end with; empty for `/`. */
export function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}

/** nginx compares texts without regard to case. */
function holds(one: RouteTest, { method, client, header }: Visitor): boolean {
  switch (one.kind) {
    case 'method':
      return one.methods.some((name) => name === method.toUpperCase()) !== one.not
    case 'header':
      return (header(one.name).toLowerCase() === one.value.toLowerCase()) !== one.not
    case 'client':
      return isInside(one.networks, client) !== one.not
  }
}

/** In the order in which they are asked; nothing comes behind one that takes all. */
function ranked<Route extends Place>(routes: readonly Route[]): readonly Route[] {
  const sorted = routes.length < 2 ? routes : routes.toSorted(byRank)
  const last = sorted.findIndex((route) => route.when === undefined)
  return last === -1 ? sorted : sorted.slice(0, last + 1)
}

/** The first of two that fit a request is the one that it belongs to. */
export function byRank(a: Place, b: Place): number {
  return (
    (b.priority ?? 0) - (a.priority ?? 0) ||
    Number(b.match === 'exact') - Number(a.match === 'exact') ||
    b.path.length - a.path.length ||
    (b.when?.length ?? 0) - (a.when?.length ?? 0) ||
    (routeKey(a) < routeKey(b) ? -1 : 1)
  )
}

/** Whole segments: `/api` covers `/api` and `/api/x`; `/api/` covers only what is below it. */
function covers(prefix: string, path: string): boolean {
  return path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)
}
