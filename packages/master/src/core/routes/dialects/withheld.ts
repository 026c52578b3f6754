import type { Intent, Refusal } from '../intent.ts'
import { narrower, type Place } from './rule/places.ts'

/** Requests that a refused route of a container would have taken. */
export interface Withheld {
  readonly route: string
  /** Absent: it is not known which, so all that the container asks for. */
  readonly domain?: string
  /** Absent: the same, so all of the domain. */
  readonly place?: Place
  readonly priority: number
}

interface Closed {
  readonly intents: readonly Intent[]
  readonly refusals: readonly Refusal[]
}

/**
 * A route that is refused may have been the one with the restriction: a password before `/admin`. Its
 * requests would then come in by a wider route of the same container, in which nobody asks for one. So
 * that one is refused too, and both are told; what lies beside it is served.
 */
export function withoutOpenDoors(
  intents: readonly Intent[],
  withheld: readonly Withheld[],
): Closed {
  if (withheld.length === 0) return { intents, refusals: [] }
  const refusals: Refusal[] = []
  const kept = intents.filter((intent) => {
    const guard = withheld.find((each) => wouldComeIn(intent, each))
    if (guard !== undefined) refusals.push(refusalOf(intent, guard))
    return guard === undefined
  })
  return { intents: kept, refusals }
}

export function withheldBy({ route, domain, path, match, priority }: Intent): Withheld {
  return { route, domain, place: { path, match }, priority }
}

function wouldComeIn(intent: Intent, { route, domain, place, priority }: Withheld): boolean {
  if (intent.route === route) return false
  if (domain !== undefined && intent.domain !== domain) return false
  // What is asked first anyway takes no request that was not its own.
  if (intent.priority > priority) return false
  return place === undefined || narrower(intent, place) !== undefined
}

function refusalOf({ route, domain, path }: Intent, guard: Withheld): Refusal {
  return { route, domain, path, reason: 'beside-refused', details: { route: guard.route } }
}
