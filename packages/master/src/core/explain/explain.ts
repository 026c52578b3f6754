import type { Explanation } from '@roadstead/shared/protocol/http.ts'
import { listenOf } from '@roadstead/shared/protocol/listen.ts'
import { reasonTable } from '@roadstead/shared/protocol/reasons.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import { resolveContainer } from '../graph/names.ts'
import { compareText } from '../graph/select.ts'
import { durationText } from '../routes/durations.ts'
import type { Route } from '../routes/table.ts'
import { isServing } from '../views/endpoint-view.ts'
import { hostName, type Scene } from '../views/scene.ts'
import { explainContainer } from './explain-container.ts'
import { edgeSteps } from './explain-edges.ts'
import { isShut, settingSteps, userRemedies, verdictKey } from './explain-settings.ts'
import { remediesOf } from './remedies.ts'
import { no, type Step, yes } from './step.ts'

/**
 * Why something is routed, or is not, in the order in which it was decided. The subject is a container
 * as people name it, a domain or URL, or the key of a service; undefined when nothing has that name.
 */
export function explain(subject: string, scene: Scene): Explanation | undefined {
  const named = resolveContainer(scene.graph, subject)
  if (named.kind === 'found') return explainContainer(subject, named.placed, scene)
  const routes = routesMeant(subject, scene)
  const verdicts = verdictsAbout(subject, routes, scene)
  if (named.kind === 'ambiguous') {
    const step = no('several containers have this name', { names: named.names.join(', ') })
    return finish(subject, false, [step], verdicts, scene)
  }
  if (routes.length === 0 && verdicts.length === 0) return undefined
  const steps = routes.flatMap((route) => routeSteps(route, scene))
  const refused = verdicts.filter(({ reason }) => reasonTable[reason].state === 'refused')
  const isRouted = routes.some((route) => route.endpoints.length > 0 && !isShut(route, scene.graph))
  const all = [...steps, ...refused.map((each) => refusal(each, scene))]
  const found = finish(subject, isRouted && edgesServe(all), all, verdicts, scene)
  return { ...found, remedies: [...found.remedies, ...userRemedies(routes, scene.graph)] }
}

function edgesServe(steps: readonly Step[]): boolean {
  const inForce = steps.filter(({ what }) => what === 'in force at an edge')
  return inForce.length === 0 || inForce.some(({ ok }) => ok)
}

/** Routes of the service, or of the domain; of a URL, those that may answer it, the first of them first. */
function routesMeant(subject: string, { table }: Scene): readonly Route[] {
  const all = [...table.routes.values()].sort((a, b) => compareText(a.key, b.key))
  const ofService = all.filter(({ service }) => service === subject)
  if (ofService.length > 0) return ofService
  const { domain, path } = placeOf(subject)
  const ofDomain = all.filter((route) => route.domain === domain)
  if (path === undefined) return ofDomain
  return meantFirst(ofDomain.filter((route) => answers(route, path)))
}

/** The order in which an edge asks; behind the first without a condition nobody comes. */
function meantFirst(routes: readonly Route[]): readonly Route[] {
  const ordered = routes.toSorted(
    (a, b) =>
      b.priority - a.priority ||
      Number(b.match === 'exact') - Number(a.match === 'exact') ||
      b.path.length - a.path.length ||
      (b.when?.length ?? 0) - (a.when?.length ?? 0) ||
      compareText(a.key, b.key),
  )
  const last = ordered.findIndex(({ when }) => when === undefined)
  return last === -1 ? ordered : ordered.slice(0, last + 1)
}

function placeOf(subject: string): { readonly domain: string; readonly path?: string } {
  // A stream is called by its port, as in `tcp:5432`, and has no path.
  if (listenOf(subject) !== undefined) return { domain: subject }
  const [domain = '', ...rest] = subject.replace(/^https?:\/\//, '').split('/')
  const bare = domain.replace(/:\d+$/, '')
  return rest.length === 0 ? { domain: bare } : { domain: bare, path: `/${rest.join('/')}` }
}

function answers({ path, match }: Route, asked: string): boolean {
  if (match === 'exact' || path === '/') return match === 'exact' ? asked === path : true
  const segment = path.endsWith('/') ? path : `${path}/`
  return asked === path || asked.startsWith(segment)
}

function verdictsAbout(
  subject: string,
  routes: readonly Route[],
  { verdicts }: Scene,
): readonly Verdict[] {
  const { domain } = placeOf(subject)
  const keys = new Set<string>(routes.map(({ key }) => key))
  return [...verdicts.values()]
    .flatMap((own) => [...own.values()].flat())
    .filter((each) => {
      const isOfRoute = keys.has(verdictKey(each))
      // What was too broken to become a route has no key: it is known by its domain only.
      return isOfRoute || (each.match === undefined && each.domain === domain)
    })
}

function routeSteps(route: Route, scene: Scene): readonly Step[] {
  const { domain, path, match, service, endpoints, asked } = route
  const place = { domain, path, match }
  const claim = scene.graph.claims.get(route.key)
  return [
    yes('a service holds the route', {
      ...place,
      service,
      ...(claim?.service === service && { since: claim.since }),
    }),
    ...asked.map((each) =>
      isServing(each)
        ? yes('a container serves it', {
            container: each.containerName,
            host: hostName(scene, each.host),
          })
        : no(reasonTable[each.reason].summary, {
            container: each.containerName,
            host: hostName(scene, each.host),
            reason: each.reason,
            ...each.details,
          }),
    ),
    endpoints.length > 0
      ? yes('in the table', { ...place, endpoints: String(endpoints.length) })
      : nobodyStep(route, place, scene),
    ...settingSteps(route, scene.graph),
    ...edgeSteps(route, endpoints, scene),
  ]
}

function nobodyStep(
  { asked, holdMs, service }: Route,
  place: Record<string, string>,
  { settings }: Scene,
): Step {
  const details = { ...place, ...(holdMs > 0 && { held: durationText(holdMs) }) }
  if (asked.some((each) => each.service === service)) {
    return no('nobody serves it: visitors get 503', details)
  }
  const kept = { ...details, kept: durationText(settings.policy.keptMs) }
  return no('nobody asks for it any more: visitors get 503 while its name is kept', kept)
}

function refusal({ containerName, host, reason, details }: Verdict, scene: Scene): Step {
  const where = { container: containerName, host: hostName(scene, host) }
  return no(reasonTable[reason].summary, { ...where, reason, ...details })
}

function finish(
  subject: string,
  routed: boolean,
  steps: readonly Step[],
  verdicts: readonly Verdict[],
  { graph }: Scene,
): Explanation {
  return {
    subject,
    routed,
    steps: [...steps],
    verdicts: [...verdicts],
    remedies: remediesOf(verdicts, graph),
  }
}
