import { streamKey } from '@roadstead/shared/protocol/route-key.ts'
import { type EdgeTable, endpointKey, serviceOf } from '../table.ts'

/** Endpoints that are no containers but ports of this edge. */
export interface Circles {
  /** By `endpointKey`. */
  readonly endpoints: ReadonlySet<string>
  /** Streams that have no other ones, and why they are not served, by key. */
  readonly troubles: ReadonlyMap<string, string>
}

const none: Circles = { endpoints: new Set(), troubles: new Map() }

/**
 * Addresses come from engines, and an engine may be owned by somebody else. An endpoint at an address
 * of this machine and a port of one of its streams is nginx itself: each connection would make another
 * one, until there are no more to be had.
 */
export function circlesOf(table: EdgeTable, isOwn: (address: string) => boolean): Circles {
  if (table.streams.length === 0) return none
  const listens = new Set(table.streams.map(({ protocol, listen }) => `${protocol} ${listen}`))
  const endpoints = new Set<string>()
  const troubles = new Map<string, string>()
  for (const stream of table.streams) {
    const service = serviceOf(table, stream.service)
    const all = service?.endpoints ?? []
    const circling = all
      .filter(({ port }) => listens.has(`${stream.protocol} ${port}`))
      .filter(({ address }) => isOwn(address))
    for (const endpoint of circling) endpoints.add(endpointKey(stream.service, endpoint))
    const isAll = all.length > 0 && circling.length === all.length
    if (isAll) troubles.set(streamKey(stream), 'its only endpoints are ports of this edge itself')
  }
  return { endpoints, troubles }
}
