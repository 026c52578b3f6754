import type { Port } from '@roadstead/shared/protocol/container.ts'
import type {
  PathMatch,
  PathPattern,
  RouteSubject,
  ServiceKey,
  StreamProtocol,
} from '@roadstead/shared/protocol/route.ts'
import type { ReasonCode } from '@roadstead/shared/protocol/reasons.ts'
import type {
  EndpointScheme,
  HealthCheck,
  RouteCondition,
  RouteSettings,
} from '@roadstead/shared/protocol/route-settings.ts'
import type { Balance } from '@roadstead/shared/protocol/table.ts'
import type { RouteKey } from '../graph/graph.ts'

/** One route that a container asks for, in words that are fit for a table. */
export interface Intent {
  readonly key: RouteKey
  /** Name of the route inside the labels. */
  readonly route: string
  /** A domain, or of a stream a port of the edges. */
  readonly domain: RouteSubject
  readonly path: PathPattern
  readonly match: PathMatch
  readonly stripPrefix: boolean
  readonly port: Port
  readonly service: ServiceKey
  /** Of the container, for all its routes; 0 when it says nothing. */
  readonly holdMs: number
  readonly slowStartMs: number
  /** Which requests are meant besides by domain and path; absent: all. */
  readonly when?: RouteCondition
  /** 0 when nothing is said. */
  readonly priority: number
  readonly settings: RouteSettings
  readonly pool: PoolWishes
  readonly endpoint: EndpointWishes
  /** Another service that this one lets have a share of its requests. */
  readonly canary?: { readonly service: ServiceKey; readonly percent: number }
}

/** How requests are spread over the endpoints of a service and passed on to them. */
export interface PoolWishes {
  readonly balance?: Balance
  /** With `balance` `sticky`: by this cookie. */
  readonly cookie?: string
  readonly scheme?: EndpointScheme
  readonly connectTimeoutMs?: number
  readonly health?: HealthCheck
  /** Of streams; absent: HTTP. */
  readonly protocol?: StreamProtocol
}

/** Of one endpoint among those of its service. */
export interface EndpointWishes {
  readonly weight?: number
  readonly backup?: true
  readonly connectionsMax?: number
  /** Inside, only its address in the network of this name is used. */
  readonly network?: string
  readonly address?: AddressWish
}

/**
 * Which of the ways to a container are used. All of them end at its own host, and a port of the host
 * has to be one that the engine publishes for this container: no label leads anywhere else.
 */
export type AddressWish =
  | { readonly kind: 'inside' }
  | { readonly kind: 'published' }
  | { readonly kind: 'host'; readonly port: Port }

/** Languages of labels and environments; a container's routes are all read in one of them. */
export type Dialect = 'roadstead' | 'traefik' | 'nginx-proxy'

/**
 * Something that was asked for and is not done, where the route is served all the same: it tunes what
 * we do in another way, or not at all, and restricts nobody.
 */
export interface Remark {
  /** The label or variable, fit to be shown. */
  readonly key: string
  /** One sentence: what is not done, and what to do instead. */
  readonly why: string
  /** Of one route; absent: of the container. */
  readonly route?: string
  /** The nearest key that is read, where the key is not known at all. */
  readonly nearest?: string
}

/** A route that a container asked for in a way that cannot be granted, whatever else is true. */
export interface Refusal {
  readonly route: string
  readonly reason: ReasonCode
  readonly details: Readonly<Record<string, string>>
  /** As far as the labels tell. */
  readonly domain?: string
  readonly path?: string
}

/** Everything a container asks for, by its own labels alone. */
export interface Reading {
  readonly dialect: Dialect
  /** Others that ask, too, and are not listened to: dialects are never mixed. */
  readonly lost: readonly Dialect[]
  readonly remarks: readonly Remark[]
  /** Sorted by route, domain, path; no two have the same key. */
  readonly intents: readonly Intent[]
  readonly refusals: readonly Refusal[]
}
