import type { LivePatch, LiveState } from '@roadstead/shared/protocol/live.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'

/** Events kept for a list that is watched; older ones are asked for with `roadstead events`. */
const EVENTS_KEPT_MAX = 500

/** The state after a patch; rows keep their order, new ones come last. */
export function applyPatch(state: LiveState, patch: LivePatch): LiveState {
  return {
    status: patch.status ?? state.status,
    hosts: changed(state.hosts, patch.hosts, ({ id }) => id),
    services: changed(state.services, patch.services, ({ key }) => key),
    routes: changed(state.routes, patch.routes, routeKey),
    edges: changed(state.edges, patch.edges, ({ id }) => id),
    runs: changed(state.runs, patch.runs, ({ id }) => id),
    events: [...state.events, ...(patch.events ?? [])].slice(-EVENTS_KEPT_MAX),
  }
}

function changed<Row>(
  rows: readonly Row[],
  change: { readonly up: readonly Row[]; readonly gone: readonly string[] } | undefined,
  keyOf: (row: Row) => string,
): Row[] {
  if (change === undefined) return [...rows]
  const rowsByKey = new Map(rows.map((row) => [keyOf(row), row]))
  for (const key of change.gone) rowsByKey.delete(key)
  for (const row of change.up) rowsByKey.set(keyOf(row), row)
  return [...rowsByKey.values()]
}
