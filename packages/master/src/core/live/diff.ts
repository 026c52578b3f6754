import type { EdgeView, HostView, StatusView } from '@roadstead/shared/protocol/http.ts'
import type { LivePatch, LiveState } from '@roadstead/shared/protocol/live.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'

/**
 * What a reader of the live feed has to be told to get from one state to the next; undefined when
 * nothing is worth telling. Fields that move all the time by themselves (ages, skew, the revision) go
 * along when their row changes, and are no reason by themselves: a page counts on by its own clock.
 */
export function diffLive(before: LiveState, after: LiveState): LivePatch | undefined {
  const patch: LivePatch = {
    ...(!isSame(quietStatus(before.status), quietStatus(after.status)) && {
      status: after.status,
    }),
    ...rows('hosts', before.hosts, after.hosts, byId, quietHost),
    ...rows('services', before.services, after.services, ({ key }) => key),
    ...rows('routes', before.routes, after.routes, routeKey),
    ...rows('edges', before.edges, after.edges, byId, quietEdge),
    ...rows('runs', before.runs, after.runs, byId),
    ...newEvents(before, after),
  }
  return Object.keys(patch).length === 0 ? undefined : patch
}

function rows<Name extends string, Row>(
  name: Name,
  before: readonly Row[],
  after: readonly Row[],
  keyOf: (row: Row) => string,
  quiet: (row: Row) => unknown = (row) => row,
): { [Key in Name]?: { up: Row[]; gone: string[] } } {
  const known = new Map(before.map((row) => [keyOf(row), row]))
  const up = after.filter((row) => {
    const old = known.get(keyOf(row))
    return old === undefined || !(old === row || isSame(quiet(old), quiet(row)))
  })
  for (const row of after) known.delete(keyOf(row))
  const gone = [...known.keys()]
  const change: { [Key in Name]?: { up: Row[]; gone: string[] } } = {}
  if (up.length + gone.length > 0) change[name] = { up, gone }
  return change
}

function newEvents(before: LiveState, after: LiveState): Pick<LivePatch, 'events'> {
  const last = before.events.at(-1)?.revision ?? 0
  const events = after.events.filter(({ revision }) => revision > last)
  return events.length === 0 ? {} : { events }
}

function byId({ id }: { readonly id: string }): string {
  return id
}

function quietStatus({ revision: _revision, ...rest }: StatusView): unknown {
  return rest
}

function quietHost({ lastHeardMsAgo: _age, clockSkewMs: _skew, ...rest }: HostView): unknown {
  return rest
}

function quietEdge({ lastHeardMsAgo: _age, ...rest }: EdgeView): unknown {
  return rest
}

/** Rows are made by one function each, so that equal ones have their keys in the same order. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
