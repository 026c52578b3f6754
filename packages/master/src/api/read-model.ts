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
import type { ImageDetail } from '@roadstead/shared/protocol/http-stock.ts'
import type { RequestsView } from '@roadstead/shared/protocol/http-requests.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import type { FoundImage } from '../core/graph/image-names.ts'
import type { ImageQuery, ImageViews } from '../core/views/image-view.ts'
import type { VolumeQuery, VolumeViews } from '../core/views/volume-view.ts'

/** Everything that is read through the API, as it is now; a standby answers the same. */
export interface ReadModel {
  status(): StatusView
  leader(): LeaderView | undefined
  hosts(): readonly HostView[]
  containers(): readonly ContainerView[]
  /** By name, `<host>/<name>`, id or unique beginning of an id. */
  container(name: string): FoundContainer | undefined
  images(query: ImageQuery): ImageViews
  /** By id or its beginning, by tag, or by digest. */
  image(name: string, host?: string): FoundImage<ImageDetail>
  volumes(query: VolumeQuery): VolumeViews
  services(): readonly ServiceView[]
  routes(): readonly RouteView[]
  edges(): readonly EdgeView[]
  /** Newest first. */
  runs(): readonly RunView[]
  requests(): RequestsView
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
