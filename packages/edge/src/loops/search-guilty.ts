import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { TableRoute, TableService, TableStream } from '@roadstead/shared/protocol/table.ts'
import { cleanRefusal } from '../core/nginx/clean-refusal.ts'
import type { Sealed } from '../core/nginx/envelope.ts'
import type { Rendering } from '../core/nginx/render.ts'
import type { OwnView } from '../core/own-view.ts'
import { beginSearch, learnTrial, nextTrial } from '../core/quarantine.ts'
import { type EdgeTable, keyOf, toldRoute } from '../core/table.ts'
import type { Quarantine } from '../core/edge-state.ts'

/** Containers named with a route; enough to find the label. */
const CONTAINERS_MAX = 64

type Suspect = TableRoute | TableStream

export interface SearchDeps {
  readonly render: (table: EdgeTable, view: OwnView, before?: Rendering) => Rendering
  /** Tests a body; what nginx said when it refuses. */
  readonly test: (rendering: Rendering) => Promise<TestAnswer>
  readonly clock: Clock
}

export type TestAnswer =
  | { readonly kind: 'passed'; readonly sealed: Sealed }
  | { readonly kind: 'refused'; readonly output: string }
  | {
      readonly kind: 'failed'
      readonly reason: 'disk-full' | 'disk-failed' | 'test-failed' | 'nginx-down'
      readonly detail: string
    }

export type Found =
  | { readonly kind: 'guilty'; readonly quarantine: ReadonlyMap<string, Quarantine> }
  /** Even the text without any route is refused: no route is to blame. */
  | { readonly kind: 'hopeless'; readonly output: string }
  | Extract<TestAnswer, { kind: 'failed' }>

/**
 * Finds the routes that nginx does not take, by trying parts of the table on it.
 *
 * @param refused the rendering that was refused: only routes that are in its text can be guilty.
 */
export async function searchGuilty(
  deps: SearchDeps,
  table: EdgeTable,
  view: OwnView,
  refused: Rendering,
): Promise<Found> {
  const keys = [...refused.routes.keys(), ...refused.streams.streams.keys()]
  const base = await tryWith([])
  if (base.kind === 'refused') return { kind: 'hopeless', output: base.output }
  if (base.kind === 'failed') return base
  const outputByRoute = new Map<string, string>()
  let search = beginSearch(keys)
  for (;;) {
    const trial = nextTrial(search)
    if (trial === undefined) break
    const answer = await tryWith(trial)
    if (answer.kind === 'failed') return answer
    const group = search.suspects.at(-1) ?? []
    if (answer.kind === 'refused') for (const key of group) outputByRoute.set(key, answer.output)
    search = learnTrial(search, answer.kind === 'passed')
  }
  const since = new Date(deps.clock.wallMs()).toISOString()
  return { kind: 'guilty', quarantine: blame(table, search.guilty, outputByRoute, since) }

  function tryWith(included: readonly string[]): Promise<TestAnswer> {
    const wanted = new Set(included)
    const left = keys.filter((key) => !wanted.has(key))
    const excluded = new Set([...view.excluded, ...left])
    return deps.test(deps.render(table, { ...view, excluded }, refused))
  }
}

/** A route stays out for as long as it, and what it leads to, are the same. */
export function stillQuarantined(
  quarantine: ReadonlyMap<string, Quarantine>,
  table: EdgeTable,
): ReadonlyMap<string, Quarantine> {
  if (quarantine.size === 0) return quarantine
  const marks = new Map(allOf(table).map((route) => [keyOf(route), markOf(route, table)]))
  return new Map([...quarantine].filter(([key, { mark }]) => marks.get(key) === mark))
}

function blame(
  table: EdgeTable,
  guilty: readonly string[],
  outputByRoute: ReadonlyMap<string, string>,
  since: string,
): ReadonlyMap<string, Quarantine> {
  const routes = new Map(allOf(table).map((route) => [keyOf(route), route]))
  return new Map(
    guilty.flatMap((key) => {
      const route = routes.get(key)
      if (route === undefined) return []
      const endpoints = serviceOf(route, table)?.endpoints ?? []
      const containers = [...new Set(endpoints.map((endpoint) => endpoint.container))]
      const reason = cleanRefusal(outputByRoute.get(key) ?? '')
      const mark = markOf(route, table)
      const told = { route: toldRoute(route), containers: containers.slice(0, CONTAINERS_MAX) }
      return [[key, { ...told, reason, since, mark }]]
    }),
  )
}

function allOf({ routes, streams }: EdgeTable): readonly Suspect[] {
  return [...routes, ...streams]
}

function markOf(route: Suspect, table: EdgeTable): string {
  const { scheme, cookie, endpoints } = serviceOf(route, table) ?? {}
  return JSON.stringify([route, scheme, cookie, endpoints])
}

function serviceOf(route: Suspect, table: EdgeTable): TableService | undefined {
  return table.services.find((service) => service.id === route.service)
}
