import type { TableEndpoint, TableService } from '@roadstead/shared/protocol/table.ts'
import type { OwnView } from './own-view.ts'
import { endpointKey, peerOf } from './table.ts'
import { textMark } from './text-mark.ts'

/** An endpoint as nginx meets it: what requests are sent to, and its share of them. */
export interface Peer {
  /** `<address>:<port>` */
  readonly peer: string
  readonly weight: number
  readonly isBackup: boolean
  /** Requests that it takes at one time; undefined: any number. */
  readonly connectionsMax: number | undefined
  /**
   * What a visitor's cookie says of it, where cookies decide: made of the id of its container, which is
   * random and known to no visitor, so it tells no address and is the same at every edge.
   */
  readonly token: string
}

/** Whole share of an endpoint while another one of its service starts slowly. */
export const QUARTERS = 4

/**
 * Whom nginx sends requests of a service to, sorted. An address that is there twice is one peer. In
 * a service where everybody is a backup nobody is: there is nothing that they could stand behind.
 */
export function peersOf(service: TableService, view: OwnView): readonly Peer[] {
  const { endpoints } = service
  const present =
    view.leftOut.size === 0
      ? endpoints
      : endpoints.filter((it) => !view.leftOut.has(endpointKey(service.id, it)))
  const shares = sharesOf(service, present, view)
  const isBackup = (it: TableEndpoint) => it.backup === true
  const isNobody = present.every(isBackup)
  const tokenOf = ({ host, container }: TableEndpoint) =>
    service.cookie === undefined ? '' : textMark(`${service.id} ${host} ${container}`)
  const peers = new Map<string, Peer>()
  for (const endpoint of present) {
    const peer = peerOf(endpoint)
    const weight = shares(endpoint)
    const other = peers.get(peer)
    peers.set(peer, {
      peer,
      weight: Math.max(weight, other?.weight ?? 0),
      isBackup: !isNobody && isBackup(endpoint) && (other?.isBackup ?? true),
      connectionsMax: other?.connectionsMax ?? endpoint.connectionsMax,
      token: other?.token ?? tokenOf(endpoint),
    })
  }
  return [...peers.values()].sort((a, b) => (a.peer < b.peer ? -1 : 1))
}

/**
 * Shares are multiplied by four while somebody starts slowly, so that a quarter of one is a whole
 * number. Where everybody starts there is nobody to take the rest, and all get what they are due.
 */
function sharesOf(
  service: TableService,
  present: readonly TableEndpoint[],
  { quarters }: OwnView,
): (endpoint: TableEndpoint) => number {
  const weight = (it: TableEndpoint) => it.weight ?? 1
  if (quarters.size === 0 || service.slowStartMs === undefined) return weight
  const quartersOf = (it: TableEndpoint) => quarters.get(endpointKey(service.id, it)) ?? QUARTERS
  const isWhole = (it: TableEndpoint) => it.backup !== true && quartersOf(it) === QUARTERS
  const isStarting = present.some((it) => quartersOf(it) < QUARTERS)
  if (!isStarting || !present.some(isWhole)) return weight
  return (it) => weight(it) * quartersOf(it)
}
