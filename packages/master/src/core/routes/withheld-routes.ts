import { isListen } from '@roadstead/shared/protocol/listen.ts'
import { type Withheld, withoutOpenDoors } from './dialects/withheld.ts'
import type { Intent, Reading, Refusal } from './intent.ts'
import type { RouteField } from './label-keys.ts'
import type { Labels, RouteLabelSet } from './label-set.ts'
import { readDomain, readMatch, readPath } from './label-values.ts'
import { readPriority } from './label-values-route.ts'

/**
 * A misspelt `roadstead.http.admin.alow` refuses the route `admin`, and `/admin` would come in by the
 * route for all of the name, where nobody is kept out. So a refused route that was to restrict, or says
 * something that may have been a restriction, refuses the wider routes of its container as well.
 *
 * Only such a one: our keys are a closed list, so we know which of them keep somebody out, and a wrong
 * port costs nothing but its own route. Of other languages we know less, and are stricter there.
 */
export function withoutOpenRoutes(reading: Reading, labels: Labels): Reading {
  const withheld = reading.refusals.flatMap((refusal) => withheldBy(refusal, reading, labels))
  const { intents, refusals } = withoutOpenDoors(reading.intents, withheld)
  return { ...reading, intents, refusals: [...reading.refusals, ...refusals] }
}

/** Keys that keep somebody or something out; a redirect does, as no container is asked. */
const RESTRICTING: readonly RouteField[] = [
  'allow',
  'auth',
  'body-size',
  'https',
  'limit',
  'redirect',
]

function withheldBy(
  { route, domain }: Refusal,
  { intents }: Reading,
  labels: Labels,
): readonly Withheld[] {
  const own = labels.routes.get(route)
  if (own === undefined || !mayRestrict(route, own)) return []
  const known = { route, ...placeOf(own), priority: priorityOf(own) }
  const names = domain === undefined ? namesOf(own, route, intents) : [domain]
  return names.map((name) => ({ ...known, domain: name }))
}

/** A name that cannot be read may be any of the others, but not one that the route itself has. */
function namesOf(
  { fields }: RouteLabelSet,
  route: string,
  intents: readonly Intent[],
): readonly string[] {
  const texts = fields.get('host')?.value.split(',') ?? []
  if (texts.length > 0 && texts.every((text) => readDomain(text).kind === 'value')) return texts
  const own = new Set(intents.filter((it) => it.route === route).map((it) => it.domain))
  const names = intents.map((it) => it.domain).filter((name) => !isListen(name))
  return [...new Set(names)].filter((name) => !own.has(name))
}

function mayRestrict(route: string, { fields, problems }: RouteLabelSet): boolean {
  // Streams lead to ports of their own. What an image says asks for nothing, and so guards nothing.
  if (route.startsWith('tcp.') || route.startsWith('udp.')) return false
  if (problems.some(({ reason }) => reason !== 'label-inherited')) return true
  return RESTRICTING.some((field) => fields.has(field))
}

/** All of the name, where it is not known which part. */
function placeOf({ fields }: RouteLabelSet): Pick<Withheld, 'place'> {
  const path = readPath(fields.get('path')?.value ?? '/')
  const match = readMatch(fields.get('match')?.value ?? 'prefix')
  if (path.kind !== 'value' || match.kind !== 'value') return {}
  return { place: { path: path.value, match: match.value } }
}

/** Before all others, where it is not known. */
function priorityOf({ fields }: RouteLabelSet): number {
  const priority = readPriority(fields.get('priority')?.value ?? '0')
  return priority.kind === 'value' ? priority.value : Number.MAX_SAFE_INTEGER
}
