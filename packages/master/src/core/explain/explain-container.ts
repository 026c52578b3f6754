import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { Explanation } from '@roadstead/shared/protocol/http.ts'
import { type ReasonCode, reasonTable } from '@roadstead/shared/protocol/reasons.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import type { Drain } from '../graph/graph.ts'
import {
  drainOf,
  type Flapping,
  flappingOf,
  nameOf,
  type Placed,
  presenceOf,
} from '../graph/select.ts'
import { durationText } from '../routes/durations.ts'
import { isServing } from '../views/endpoint-view.ts'
import type { Scene } from '../views/scene.ts'
import { unreachedByContainer } from '../views/container-view.ts'
import { edgeSteps } from './explain-edges.ts'
import {
  isAside,
  readingSteps,
  settingSteps,
  userRemedies,
  verdictKey,
} from './explain-settings.ts'
import { remediesOf } from './remedies.ts'
import { no, type Step, yes } from './step.ts'

/** From the container outward: its host, its state, its labels, and then each route on its way. */
export function explainContainer(subject: string, placed: Placed, scene: Scene): Explanation {
  const { host, container } = placed
  const verdicts = scene.verdicts.get(host.id)?.get(container.id) ?? []
  const byEdges = (unreachedByContainer(scene).get(container.id) ?? []).filter(
    (each) => each.host === host.id,
  )
  const reading = scene.asks.get(host.id)?.asks.get(container.id)?.reading
  const granted = verdicts
    .filter(isServing)
    .flatMap((verdict) => scene.table.routes.get(verdictKey(verdict)) ?? [])
  const routeSteps = verdicts.map((verdict) => stepsOfRoute(verdict, placed, scene))
  return {
    subject,
    routed: routeSteps.some((steps) => steps.every((step) => step.ok || isAside(step))),
    steps: [
      ...containerSteps(placed, scene),
      ...askingSteps(verdicts),
      ...readingSteps(reading),
      ...routeSteps.flat(),
    ],
    verdicts: [...verdicts, ...byEdges],
    remedies: [
      ...remediesOf([...verdicts, ...byEdges], scene.graph),
      ...userRemedies(granted, scene.graph),
    ],
  }
}

function containerSteps({ host, container }: Placed, { graph }: Scene): readonly Step[] {
  const presence = presenceOf(graph, host.id)
  const { state, stopping } = container
  const drain = drainOf(graph, host.id, container.id)
  const flapping = flappingOf(graph, host.id, container.id)
  const hostDetails = { host: host.facts.name, presence }
  return [
    presence === 'present'
      ? yes('its host is heard', hostDetails)
      : no('its host is silent', hostDetails),
    state === 'running' && !stopping
      ? yes('it runs', { container: nameOf(container) })
      : no(stopping ? 'it has been told to stop' : 'it does not run', { state }),
    ...(drain === undefined ? [] : [drainStep(drain)]),
    ...(flapping === undefined ? [] : [flappingStep(flapping)]),
    ...healthSteps(container),
  ]
}

function drainStep({ by, container, run, since, why }: Drain): Step {
  return no(container === undefined ? 'its host is drained' : 'it is drained', {
    by,
    why,
    since,
    ...(run !== undefined && { run }),
  })
}

function flappingStep({ calmMs, falls, since }: Flapping): Step {
  return no('it fell out of service again and again', {
    falls: String(falls),
    since,
    'returns after calm of': durationText(calmMs),
  })
}

function healthSteps({ health, accepting, untried = [] }: Container): readonly Step[] {
  if (health === 'healthy') return [yes('its HEALTHCHECK passes')]
  if (health !== 'none') return [no('its HEALTHCHECK does not pass', { health })]
  if (accepting.length > 0) return [yes('it accepts connections', { ports: accepting.join(', ') })]
  if (untried.length === 0) return []
  return [yes('its engine is watched from elsewhere, edges try it', { ports: untried.join(', ') })]
}

function askingSteps(verdicts: readonly Verdict[]): readonly Step[] {
  if (verdicts.length > 0) return [yes('it asks for routes', { routes: String(verdicts.length) })]
  return [no('it asks for no route', { label: 'roadstead.host' })]
}

/** Reasons that say that the labels were understood, and what comes after them was not granted. */
const AFTER_LABELS: ReadonlySet<ReasonCode> = new Set(['conflict-held'])

function stepsOfRoute(
  verdict: Verdict,
  { host, container }: Placed,
  scene: Scene,
): readonly Step[] {
  const { route, domain, path, service, reason } = verdict
  const place = {
    route,
    ...(domain !== undefined && { domain }),
    ...(path !== undefined && { path }),
  }
  const why = { ...place, reason, ...verdict.details }
  const granted = scene.table.routes.get(verdictKey(verdict))
  const isUnderstood = isServing(verdict) || AFTER_LABELS.has(reason) || isWaiting(reason)
  if (!isUnderstood || granted === undefined) return [no(reasonTable[reason].summary, why)]
  const understood = yes('its labels are understood', { ...place, service: service ?? '' })
  if (reason === 'conflict-held') return [understood, no(reasonTable[reason].summary, why)]
  const isShare = granted.service !== service
  const held = isShare
    ? yes('its service has a share of the route', { ...place, holder: granted.service })
    : yes('its service holds the route', { ...place, service: granted.service })
  if (!isServing(verdict)) return [understood, held, no(reasonTable[reason].summary, why)]
  const own = [...granted.endpoints, ...(granted.share?.endpoints ?? [])].filter(
    (each) => each.host === host.id && each.container === container.id,
  )
  return [
    understood,
    held,
    yes('in the table', place),
    ...settingSteps(granted, scene.graph),
    ...edgeSteps(granted, own, scene),
  ]
}

function isWaiting(reason: ReasonCode): boolean {
  return reasonTable[reason].state === 'waiting'
}
