import type {
  EdgeView,
  HostView,
  RouteView,
  RunView,
  ServiceView,
} from '@roadstead/shared/protocol/http.ts'

/**
 * By which key the live feed replaces and removes rows. The words for it live in the shared
 * vocabulary, beside schemas that a browser need not load; a test holds the two together.
 */
export const keyOf = {
  hosts: (row: HostView): string => row.id,
  services: (row: ServiceView): string => row.key,
  routes: (row: RouteView): string => `${row.domain} ${row.match} ${row.path}`,
  edges: (row: EdgeView): string => row.id,
  runs: (row: RunView): string => row.id,
}
