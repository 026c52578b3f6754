import { canonical } from '@roadstead/shared/kernel/canonical.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import type { TableRoute, TableStream } from '@roadstead/shared/protocol/table.ts'
import { type AroundReload, delta, deltaAroundReload } from './live/delta.ts'
import type { LiveStep } from './live/live-table.ts'
import type { Rendering } from './nginx/render.ts'
import { keepsOut } from './nginx/settings.ts'

/** What it takes to bring nginx from one rendering to the next. */
export type Plan =
  | { readonly kind: 'none' }
  /** Into the memory of the running nginx: no worker is replaced, no connection is closed. */
  | { readonly kind: 'push'; readonly steps: readonly LiveStep[] }
  | {
      readonly kind: 'reload'
      /** A peer or a route leaves, leads elsewhere or keeps somebody out: this must not wait. */
      readonly removes: boolean
      /** What is pushed around it; undefined in the reload tier, and when nobody knows what runs. */
      readonly live: AroundReload | undefined
    }

/** @param inForce what nginx has been seen to answer by; undefined when that is not known. */
export function plan(inForce: Rendering | undefined, next: Rendering): Plan {
  if (inForce === undefined) return { kind: 'reload', removes: true, live: undefined }
  const { live: running } = inForce
  const isSameText = inForce.body === next.body
  if (running !== undefined && next.live !== undefined) {
    if (isSameText) return push(delta(running, next.live))
    const live = deltaAroundReload(running, next.live)
    const removes = losesRoute(inForce, next) || losesStream(inForce, next)
    return { kind: 'reload', removes, live }
  }
  if (isSameText) return { kind: 'none' }
  const isLoss = losesPeer(inForce.peers, next.peers) || losesRoute(inForce, next)
  const removes = isLoss || losesStream(inForce, next)
  return { kind: 'reload', removes, live: undefined }
}

function push(steps: readonly LiveStep[]): Plan {
  return steps.length === 0 ? { kind: 'none' } : { kind: 'push', steps }
}

type Peers = Rendering['peers']

function losesPeer(inForce: Peers, next: Peers): boolean {
  return [...inForce].some(([service, peers]) => {
    const remaining = new Set(next.get(service))
    return peers.some((peer) => !remaining.has(peer))
  })
}

/** An endpoint, or a port, or that it is open for all. */
function losesStream({ streams: inForce }: Rendering, { streams: next }: Rendering): boolean {
  if (inForce.body === next.body) return false
  const isOther = ([key, stream]: readonly [string, TableStream]) =>
    canonical(next.streams.get(key) ?? null) !== canonical(stream)
  return losesPeer(inForce.peers, next.peers) || [...inForce.streams].some(isOther)
}

/** Also one that is asked for in another way now: it may be to keep somebody out. */
function losesRoute(inForce: Rendering, next: Rendering): boolean {
  const isOther = ([key, route]: readonly [string, TableRoute]) => {
    const other = next.routes.get(key)
    return other !== route && canonical(other ?? null) !== canonical(route)
  }
  return [...inForce.routes].some(isOther) || [...next.routes.values()].some(isNewlyClosed)

  /** In the live tier such a route may have been an entry, open for everybody, until now. */
  function isNewlyClosed(route: TableRoute): boolean {
    return !inForce.routes.has(routeKey(route)) && keepsOut(route.settings)
  }
}
