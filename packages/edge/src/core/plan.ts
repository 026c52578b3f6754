import type { Rendering } from './nginx/render.ts'

/**
 * What it takes to bring nginx from one rendering to the next. A third kind, a push into the running
 * nginx without a reload, belongs here when the live tier comes; whoever performs a plan ends its
 * `switch` in `unreachable`, so the compiler names every place.
 */
export type Plan =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'reload'
      /** A peer or a route leaves, or a route leads elsewhere: this must not wait. */
      readonly removes: boolean
    }

/** @param inForce what nginx has been seen to answer by; undefined when that is not known. */
export function plan(inForce: Rendering | undefined, next: Rendering): Plan {
  if (inForce === undefined) return { kind: 'reload', removes: true }
  if (inForce.body === next.body) return { kind: 'none' }
  return { kind: 'reload', removes: losesPeer(inForce, next) || losesRoute(inForce, next) }
}

function losesPeer(inForce: Rendering, next: Rendering): boolean {
  return [...inForce.peers].some(([service, peers]) => {
    const remaining = new Set(next.peers.get(service))
    return peers.some((peer) => !remaining.has(peer))
  })
}

function losesRoute(inForce: Rendering, next: Rendering): boolean {
  return [...inForce.routes].some(([key, route]) => {
    const other = next.routes.get(key)
    return other?.service !== route.service || other.stripPrefix !== route.stripPrefix
  })
}
