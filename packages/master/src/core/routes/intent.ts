import type { Port } from '@roadstead/shared/protocol/container.ts'
import type {
  DomainName,
  PathMatch,
  PathPattern,
  ServiceKey,
} from '@roadstead/shared/protocol/route.ts'
import type { ReasonCode } from '@roadstead/shared/protocol/reasons.ts'
import type { RouteKey } from '../graph/graph.ts'

/** One route that a container asks for, in words that are fit for a table. */
export interface Intent {
  readonly key: RouteKey
  /** Name of the route inside the labels. */
  readonly route: string
  readonly domain: DomainName
  readonly path: PathPattern
  readonly match: PathMatch
  readonly stripPrefix: boolean
  readonly port: Port
  readonly service: ServiceKey
  /** Of the container, for all its routes; 0 when it says nothing. */
  readonly holdMs: number
  readonly slowStartMs: number
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
  /** Sorted by route, domain, path; no two have the same key. */
  readonly intents: readonly Intent[]
  readonly refusals: readonly Refusal[]
}
