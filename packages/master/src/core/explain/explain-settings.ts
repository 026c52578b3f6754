import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import { conditionText } from '@roadstead/shared/protocol/route-wants.ts'
import type { Reading } from '../routes/intent.ts'
import { canaryText } from '../routes/manner.ts'
import { poolTexts, settingTexts } from '../routes/setting-texts.ts'
import type { Route } from '../routes/table.ts'
import type { Graph } from '../graph/graph.ts'
import { keptObject } from '../objects/kept-objects.ts'
import { no, type Step, yes } from './step.ts'

/** Of the route that it is about, as far as its labels told which one that is. */
export function verdictKey({ domain, path, match, when }: Verdict): string {
  return routeKey({ domain: domain ?? '', path: path ?? '', match: match ?? '', when })
}

/** How a route is served, where that is not plain: said once, by the words of its labels. */
export function settingSteps(route: Route, { decisions }: Decided): readonly Step[] {
  const { when, priority, settings, pool } = route
  const asked = {
    ...(when !== undefined && { condition: conditionText(when) }),
    ...(priority !== 0 && { priority: String(priority) }),
    ...settingTexts(settings),
    ...poolTexts(pool),
  }
  return [
    ...(Object.keys(asked).length === 0 ? [] : [yes('it is served as its labels want it', asked)]),
    ...missingUsers(route, decisions).map((users) =>
      no('nobody has set the users that it asks for: visitors get 503', { users }),
    ),
    ...canarySteps(route),
  ]
}

type Decided = Pick<Graph, 'decisions'>

function missingUsers({ settings }: Route, decisions: Decided['decisions']): readonly string[] {
  const name = settings.auth
  if (name === undefined) return []
  return keptObject(decisions, { kind: 'users', name }) === undefined ? [name] : []
}

/** Its edges let nobody in, whoever serves it. */
export function isShut(route: Route, { decisions }: Decided): boolean {
  return missingUsers(route, decisions).length > 0
}

/** What a person types to have visitors let in. */
export function userRemedies(routes: readonly Route[], { decisions }: Decided): readonly string[] {
  const names = new Set(routes.flatMap((route) => missingUsers(route, decisions)))
  return [...names].map(
    (name) =>
      `Set the users with \`roadstead users set ${name} --user NAME\`, or correct the label.`,
  )
}

const NOT_ASKED = 'the other service does not ask for a share of it'
const NOT_SERVED = 'the other service cannot serve its share now'

/** A share that nobody takes is served by the first service: nothing is lost by it. */
export function isAside({ what }: Step): boolean {
  return what === NOT_ASKED || what === NOT_SERVED
}

function canarySteps({ canary, share }: Route): readonly Step[] {
  if (canary === undefined) return []
  const details = { canary: canaryText({ canary }) }
  if (share === undefined) return [no(NOT_ASKED, details)]
  const endpoints = String(share.endpoints.length)
  return share.endpoints.length === 0
    ? [no(NOT_SERVED, details)]
    : [yes('another service has a share of it', { ...details, endpoints })]
}

/** In which language a container's routes are read, and what of it is not done. */
export function readingSteps(reading: Reading | undefined): readonly Step[] {
  if (reading === undefined) return []
  const { dialect, lost, remarks } = reading
  const others = lost.join(', ')
  return [
    ...(dialect === 'roadstead' ? [] : [yes('its routes are read as', { dialect })]),
    ...(lost.length === 0
      ? []
      : [no('it asks in other languages too, which are not listened to', { dialect, others })]),
    ...remarks.map(({ key, why, route, nearest }) =>
      no('something that it asks for is not done', {
        label: key,
        why,
        ...(route !== undefined && { route }),
        ...(nearest !== undefined && { nearest }),
      }),
    ),
  ]
}
