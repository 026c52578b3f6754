import type { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Port } from '@roadstead/shared/protocol/container.ts'
import type {
  PathMatch,
  PathPattern,
  RouteSubject,
  ServiceKey,
} from '@roadstead/shared/protocol/route.ts'
import type { ReasonCode } from '@roadstead/shared/protocol/reasons.ts'
import type { RouteCondition, RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import type { ServiceId } from '@roadstead/shared/protocol/table.ts'
import type { RouteKey } from '../graph/graph.ts'
import type { Intent, PoolWishes } from './intent.ts'

/**
 * Who serves what, before any edge is concerned: endpoints carry every address they might be reached
 * at, and `tableForEdge` picks one per edge.
 */
export interface RouteTable {
  readonly services: TableMap<ServiceKey, Service>
  readonly routes: TableMap<RouteKey, Route>
}

/** The read side of a map, so that a table may be kept in whatever shape changes cheaply. */
export interface TableMap<Key, Value> {
  readonly size: number
  get(key: Key): Value | undefined
  has(key: Key): boolean
  keys(): Iterable<Key>
  values(): Iterable<Value>
  [Symbol.iterator](): Iterator<[Key, Value]>
}

/** A service holds one pool as a rule, and more when its routes are not asked for by the same containers. */
export interface Service {
  readonly key: ServiceKey
  /** Sorted by their first route; never empty. */
  readonly pools: readonly Pool[]
}

/**
 * Routes that lead to the same endpoints, as one group in nginx. A container gets requests only for
 * routes that it asked for itself: to share the key of somebody's service does not let it in.
 */
export interface Pool {
  readonly id: ServiceId
  /** Sorted by domain, path, match. Empty when it only gets a share of a route. */
  readonly routes: readonly Route[]
  /** Somebody else's route, a share of whose requests goes here. */
  readonly shareOf?: Route
  /** Sorted by host, container, port. Empty: nobody can serve it now. */
  readonly endpoints: readonly Endpoint[]
  /** The longest that one of its containers asks for; 0 when none does. */
  readonly holdMs: number
  readonly slowStartMs: number
  readonly wishes: PoolWishes
}

/** A route that has been granted to a service. */
export interface Route {
  readonly key: RouteKey
  readonly domain: RouteSubject
  readonly path: PathPattern
  readonly match: PathMatch
  /** Which requests are meant, besides by domain and path; absent: all. */
  readonly when?: RouteCondition
  readonly priority: number
  readonly settings: RouteSettings
  readonly stripPrefix: boolean
  readonly service: ServiceKey
  /** Whose claim it is: the container of the claim decision, else the one it is to be written for. */
  readonly holder: ContainerRef
  /** Compose project of the holder. */
  readonly project?: string
  /**
   * Somebody serves it, or has served it since its claim was written. Edges hear of no other: a name
   * that nobody could serve yet would cost a reload now, and the one that brings its first endpoint
   * would have to wait behind it.
   */
  readonly established: boolean
  /** Sorted by host, container. */
  readonly endpoints: readonly Endpoint[]
  /** What became of every container that asked for it, of this service or another, by host, container. */
  readonly asked: readonly Asked[]
  /** The longest that one of the containers it is pooled from asks for; 0 when none does. */
  readonly holdMs: number
  readonly slowStartMs: number
  /** As the holder wants it. */
  readonly pool: PoolWishes
  /** To whom the holder would give a share of the requests. */
  readonly canary?: NonNullable<Intent['canary']>
  /** The pool that gets it: of containers that ask for the same route by themselves. */
  readonly share?: Share
  /** Equal for routes that the same containers ask for with the same ports: what pools are made by. */
  readonly pooledBy: string
}

/** The pool of a service that has a share of somebody else's route. */
export interface Share {
  readonly id: ServiceId
  readonly service: ServiceKey
  /** Sorted by host, container. */
  readonly endpoints: readonly Endpoint[]
  readonly pool: PoolWishes
  readonly slowStartMs: number
}

export interface ContainerRef {
  readonly host: HostId
  readonly container: ContainerId
}

export interface Asked extends ContainerRef {
  readonly containerName: string
  /** Name of the route inside its labels. */
  readonly route: string
  readonly service: ServiceKey
  readonly port: Port
  readonly reason: ReasonCode
  readonly details: Readonly<Record<string, string>>
}

export interface Endpoint extends ContainerRef {
  readonly containerName: string
  readonly port: Port
  /** `routed-last`: its host is lost, and nobody else serves the route. */
  readonly reason: 'routed' | 'routed-last'
  readonly reach: Reach
  readonly weight?: number
  readonly backup?: true
  readonly connectionsMax?: number
}

/** Every way there may be to a container's port. */
export interface Reach {
  /** Uses the network of its host: the port is open on the host itself. */
  readonly hostNetwork: boolean
  /** Addresses inside networks, sorted by network. */
  readonly inside: readonly InsideAddress[]
  /** Where the engine publishes the port on the host; `address` is the one bound there. */
  readonly published: readonly { readonly address: string; readonly port: Port }[]
  /** Where other hosts reach this one, best first. */
  readonly hostAddresses: readonly string[]
  readonly loopbackAllowed: boolean
}

export interface InsideAddress {
  readonly networkId: string
  readonly address: string
  /** The network spans hosts: whoever is in it reaches the address from anywhere. */
  readonly spansHosts: boolean
  /** The host itself has a leg in the network, and so has whatever runs on the host directly. */
  readonly reachableFromHost: boolean
}
