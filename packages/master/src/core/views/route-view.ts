import type { RouteView } from '@roadstead/shared/protocol/http.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import type { ReasonCode } from '@roadstead/shared/protocol/reasons.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import { ratesOfRoute } from '../requests/rates.ts'
import { compareRoutes } from '../routes/pools.ts'
import { poolTexts, settingTexts } from '../routes/setting-texts.ts'
import type { Route } from '../routes/table.ts'
import { endpointViews, isServing } from './endpoint-view.ts'
import type { Scene } from './scene.ts'

/** Every route that was granted, and every one that was asked for by name and refused. */
export function routeViews(scene: Scene): readonly RouteView[] {
  const granted = Array.from(scene.table.routes.values(), (route) => routeView(route, scene))
  return [...granted, ...refusedViews(scene)].sort(compareRoutes)
}

export function routeView(route: Route, scene: Scene): RouteView {
  const { domain, path, match, when, stripPrefix, priority, service, key, canary } = route
  const endpoints = [...endpointViews(route, scene)]
  const claim = scene.graph.claims.get(key)
  const requests = ratesOfRoute(scene.requests ?? new Map(), key, scene.nowMs)
  return {
    domain,
    path,
    match,
    stripPrefix,
    service,
    state: isQuarantined(route, scene) ? 'quarantined' : stateOf(endpoints),
    endpoints,
    ...(claim?.service === service && { holderSince: claim.since }),
    ...(when !== undefined && { when }),
    ...(priority !== 0 && { priority }),
    ...settingsView(route),
    ...(canary !== undefined && {
      canary: { ...canary, endpoints: [...endpointViews(route, scene, canary.service)] },
    }),
    ...(requests !== undefined && { requests }),
  }
}

/** What a service says of all its routes stands beside what this one says. */
function settingsView({ settings, pool }: Route): Pick<RouteView, 'settings'> {
  const texts = { ...settingTexts(settings), ...poolTexts(pool) }
  return Object.keys(texts).length === 0 ? {} : { settings: texts }
}

/** Routed as soon as one endpoint is; else the reason of the one that is nearest to it, if any asks. */
function stateOf(endpoints: readonly { readonly reason: ReasonCode }[]): ReasonCode {
  if (endpoints.some(isServing)) return 'routed'
  const reasons = new Set(endpoints.map(({ reason }) => reason))
  return NEARNESS.find((reason) => reasons.has(reason)) ?? endpoints[0]?.reason ?? 'kept'
}

const NEARNESS: readonly ReasonCode[] = [
  'no-address',
  'address-refused',
  'health-starting',
  'not-accepting',
  'unhealthy',
  'drained',
  'address-reused',
  'paused',
  'stopping',
  'not-running',
]

/** Left out by every edge that has the table: nobody is served. */
function isQuarantined(route: Route, { edges }: Scene): boolean {
  const statuses = [...edges.values()].map(({ status }) => status)
  return (
    statuses.length > 0 &&
    statuses.every(({ quarantined }) =>
      quarantined.some((each) => routeKey(each.route) === route.key),
    )
  )
}

function refusedViews(scene: Scene): readonly RouteView[] {
  const refused = new Map<string, RouteView>()
  for (const own of scene.verdicts.values()) {
    for (const verdict of [...own.values()].flat()) {
      const view = refusedView(verdict)
      if (view === undefined || isServing(verdict)) continue
      const key = routeKey(view)
      if (!scene.table.routes.has(key) && !refused.has(key)) refused.set(key, view)
    }
  }
  return [...refused.values()]
}

function refusedView({
  domain,
  path,
  match,
  when,
  service,
  reason,
}: Verdict): RouteView | undefined {
  if (domain === undefined) return undefined
  return {
    domain,
    path: path ?? '/',
    match: match ?? 'prefix',
    stripPrefix: false,
    service: service ?? '',
    state: reason,
    endpoints: [],
    ...(when !== undefined && { when }),
  }
}
