import { canonical } from '../kernel/canonical.ts'
import type { RouteCondition } from './route-settings.ts'

interface RoutePlace {
  readonly domain: string
  readonly path: string
  readonly match: string
  /** Routes of one place may differ by the requests they mean. */
  readonly when?: RouteCondition | undefined
}

/**
 * What makes a route that route, whatever it leads to: `<domain> <match> <path>`, and with a condition
 * a mark of it. The mark is short and of no strength: whoever makes another condition of the same mark
 * gets into no route by it, since who agrees on a route is asked for the condition itself.
 */
export function routeKey({ domain, path, match, when }: RoutePlace): string {
  const place = `${domain} ${match} ${path}`
  return when === undefined ? place : `${place} ${markOf(canonical(when))}`
}

/** The key of a stream, by the port that it has in the place of a domain. */
export function streamKey({ protocol, listen }: StreamPlace): string {
  return routeKey({ domain: `${protocol}:${listen}`, path: '/', match: 'prefix' })
}

interface StreamPlace {
  readonly protocol: string
  readonly listen: number
}

/** FNV-1a of 32 bits, in eight hex digits; neither the browser nor a fold has another hash at hand. */
function markOf(text: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0).toString(16).padStart(8, '0')
}
