import type {
  EdgeView,
  HostView,
  RouteView,
  RunView,
  ServiceView,
} from '@roadstead/shared/protocol/http.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'

/** By which key the live feed replaces and removes rows. */
export const keyOf = {
  hosts: (row: HostView): string => row.id,
  services: (row: ServiceView): string => row.key,
  routes: (row: RouteView): string => routeKey(row),
  edges: (row: EdgeView): string => row.id,
  runs: (row: RunView): string => row.id,
}
