import type { EndpointView, ServiceView } from '@roadstead/shared/protocol/http.ts'
import type { ReasonCode } from '@roadstead/shared/protocol/reasons.ts'
import { compareText } from '../graph/select.ts'
import type { Service } from '../routes/table.ts'
import { endpointViews, isServing } from './endpoint-view.ts'
import type { Scene } from './scene.ts'

export function serviceViews(scene: Scene): readonly ServiceView[] {
  return Array.from(scene.table.services.values(), (service) => serviceView(service, scene)).sort(
    (a, b) => compareText(a.key, b.key),
  )
}

function serviceView({ key, pools }: Service, scene: Scene): ServiceView {
  const endpoints = pools
    .flatMap(({ routes, shareOf }) => shareOf ?? routes.slice(0, 1))
    .flatMap((route) => [...endpointViews(route, scene, key)])
  const unique = [...new Map(endpoints.map((each) => [placeOf(each), each])).values()]
  return {
    key,
    id: pools[0]?.id ?? '',
    state: stateOf(unique),
    endpoints: unique,
    routes: pools
      .flatMap(({ routes, shareOf }) => shareOf ?? routes)
      .map(({ domain, path, match }) => ({ domain, path, match })),
  }
}

function stateOf(endpoints: readonly EndpointView[]): ServiceView['state'] {
  if (!endpoints.some(isServing)) return 'down'
  const isImpaired = endpoints.some(
    ({ reason, failingAt }) => IMPAIRED.has(reason) || failingAt.length > 0,
  )
  return isImpaired ? 'degraded' : 'serving'
}

/** Nobody meant an endpoint to be so. One that is stopped or drained was meant to be. */
const IMPAIRED: ReadonlySet<ReasonCode> = new Set([
  'routed-last',
  'unhealthy',
  'flapping',
  'not-accepting',
  'host-lost',
  'no-address',
  'address-refused',
  'over-budget',
] as const)

function placeOf({ host, container, port }: EndpointView): string {
  return `${host} ${container} ${port}`
}
