import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import { routeKey } from '@roadstead/shared/protocol/live.ts'
import type { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import type {
  TableEndpoint,
  TableRoute,
  TableService,
  TableSlice,
} from '@roadstead/shared/protocol/table.ts'
import { compareText } from '../core/graph/select.ts'
import type { EdgeService, EdgeTable } from '../core/routes/edge-table.ts'

/**
 * A master that has just started may not have heard of every host yet, and what it has not heard of
 * looks like nothing. So for its first seconds it takes over from the table before whatever is on a
 * host that has not spoken: it adds at once, and removes only on the word of a host that is there.
 */
export function keepUnheard(
  table: EdgeTable,
  before: readonly TableSlice[],
  isUnheard: (host: HostId) => boolean,
): EdgeTable {
  const routed = new Set<string>()
  for (const { routes } of table.services.values()) {
    for (const route of routes) routed.add(routeKey(route))
  }
  const merged = new Map<ServiceKey, EdgeService>()
  for (const slice of before) {
    for (const service of slice.services) {
      const endpoints = service.endpoints.filter(({ host }) => isUnheard(host))
      if (endpoints.length === 0) continue
      const routes = slice.routes.filter(
        (route) => route.service === service.id && !routed.has(routeKey(route)),
      )
      const known = merged.get(service.key) ?? table.services.get(service.key)
      const now = known ?? { id: service.id, services: [], routes: [], verdicts: [] }
      merged.set(service.key, withPool(now, { ...service, endpoints }, routes))
    }
  }
  return merged.size === 0 ? table : { ...table, services: table.services.with([...merged]) }
}

function withPool(
  now: EdgeService,
  kept: TableService,
  routes: readonly TableRoute[],
): EdgeService {
  const pool = now.services.find(({ id }) => id === kept.id)
  const others = now.services.filter(({ id }) => id !== kept.id)
  if (pool === undefined && routes.length === 0) return now
  const endpoints = union(pool?.endpoints ?? [], kept.endpoints)
  const { id, key } = kept
  return {
    ...now,
    services: [...others, { endpoints, id, key }],
    routes: [...now.routes, ...routes],
  }
}

function union(now: readonly TableEndpoint[], kept: readonly TableEndpoint[]): TableEndpoint[] {
  const all = new Map(
    [...kept, ...now].map(({ address, container, host, port }) => [
      `${host} ${container} ${port}`,
      { address, container, host, port },
    ]),
  )
  return [...all].sort(([a], [b]) => compareText(a, b)).map(([, endpoint]) => endpoint)
}
