import type {
  ContainerView,
  EdgeView,
  Explanation,
  GraphView,
  HostView,
  LeaderView,
  RouteView,
  RunView,
  ServiceView,
  StatusView,
} from '@roadstead/shared/protocol/http.ts'
import type { ObjectView } from '@roadstead/shared/protocol/http-objects.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'

/** Everything that is read through the API, as it is now; a standby answers the same. */
export interface ReadModel {
  status(): StatusView
  leader(): LeaderView | undefined
  hosts(): readonly HostView[]
  containers(): readonly ContainerView[]
  /** By name, `<host>/<name>`, id or unique beginning of an id. */
  container(name: string): FoundContainer | undefined
  services(): readonly ServiceView[]
  routes(): readonly RouteView[]
  edges(): readonly EdgeView[]
  /** Newest first. */
  runs(): readonly RunView[]
  graph(): GraphView
  decisions(): ReadonlyMap<string, Decision>
  /** Users and certificates that are kept, without what is secret. */
  objects(): readonly ObjectView[]
  /** Undefined: nothing has this name. */
  explain(subject: string): Explanation | undefined
}

export type FoundContainer =
  | { readonly kind: 'found'; readonly container: ContainerView }
  | { readonly kind: 'ambiguous'; readonly names: readonly string[] }
