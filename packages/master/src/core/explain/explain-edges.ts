import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import { compareText } from '../graph/select.ts'
import { isSameRef } from '../routes/claimant.ts'
import { durationText } from '../routes/durations.ts'
import { servicesOfRoute } from '../routes/pools.ts'
import type { Endpoint, Route } from '../routes/table.ts'
import type { Scene } from '../views/scene.ts'
import { no, type Step, yes } from './step.ts'

/** The last part of the way: what each edge made of the route and of these endpoints. */
export function edgeSteps(
  route: Route,
  endpoints: readonly Endpoint[],
  scene: Scene,
): readonly Step[] {
  if (scene.edges.size === 0) return [no('no edge reports: nobody serves anything')]
  return [...scene.edges]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([id, { status }]) => {
      const edge = edgeName(id, scene)
      return [
        ...endpoints.map((endpoint) => addressStep(id, route, endpoint, scene)),
        forceStep(id, status, scene),
        ...quarantineSteps(edge, status, route),
        ...checkSteps(edge, status, endpoints),
        ...holdSteps(edge, status, route),
      ]
    })
}

/** The name people know an edge by; its id where another one is called the same. */
function edgeName(id: EdgeId, { edges }: Scene): string {
  const name = edges.get(id)?.status.name ?? ''
  const same = [...edges.values()].filter(({ status }) => status.name === name)
  return name !== '' && same.length === 1 ? name : id
}

function addressStep(id: EdgeId, route: Route, endpoint: Endpoint, scene: Scene): Step {
  const services = scene.tables.get(id)?.table.services
  const own = servicesOfRoute(route).flatMap((key) => services?.get(key) ?? [])
  const details = { edge: edgeName(id, scene), container: endpoint.containerName }
  const reached = own
    .flatMap((each) => each.services.flatMap((pool) => pool.endpoints))
    .find((each) => isSameRef(each, endpoint))
  if (reached !== undefined) {
    return yes('an edge reaches it', {
      ...details,
      address: hostPort(reached),
    })
  }
  const verdict = own.flatMap(({ verdicts }) => verdicts).find((each) => isSameRef(each, endpoint))
  return no('an edge does not reach it', {
    ...details,
    reason: verdict?.reason ?? 'no-address',
    ...verdict?.details,
  })
}

function hostPort({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** Whether nginx runs on the table that is published for this edge. */
function forceStep(id: EdgeId, { inForce, outcome }: EdgeStatus, scene: Scene): Step {
  const wanted = scene.desired.get(id)
  const edge = edgeName(id, scene)
  const what = 'in force at an edge'
  if (inForce === undefined) return no(what, { edge, outcome: outcome.kind })
  const { generation, epoch, version } = inForce
  const isCurrent = wanted === undefined || (wanted.epoch === epoch && wanted.version === version)
  if (isCurrent) return yes(what, { edge, generation })
  const reason = 'reason' in outcome ? { reason: outcome.reason } : {}
  return no(what, { edge, outcome: outcome.kind, ...reason, generation })
}

function quarantineSteps(edge: string, { quarantined }: EdgeStatus, route: Route): readonly Step[] {
  return quarantined
    .filter((each) => routeKey(each.route) === route.key)
    .map(({ reason }) => no('nginx did not take the route', { edge, reason }))
}

/** Asked for, and not to be had here: said before visitors find out. */
function holdSteps(edge: string, { tier, tierReason }: EdgeStatus, { holdMs }: Route): Step[] {
  if (holdMs === 0 || tier === 'live') return []
  const hold = durationText(holdMs)
  const why = tierReason === '' ? {} : { why: tierReason }
  return [no('an edge of the reload tier holds no requests', { edge, hold, ...why })]
}

function checkSteps(
  edge: string,
  { checks }: EdgeStatus,
  endpoints: readonly Endpoint[],
): readonly Step[] {
  return checks
    .filter(({ state }) => state === 'failing')
    .filter(({ endpoint }) => endpoints.some((each) => isSameRef(each, endpoint)))
    .map(({ since, leftOut }) =>
      no('the check of an edge fails', { edge, since, leftOut: String(leftOut) }),
    )
}
