import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import { invariant } from '@roadstead/shared/kernel/invariant.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import type { RouteKey } from '../graph/graph.ts'
import { compareText, nameOf } from '../graph/select.ts'
import type { Ask } from './ask.ts'
import { isSameRef } from './claimant.ts'
import type { Intent, Refusal } from './intent.ts'
import { limitsOf, type Policy } from './policy.ts'
import type { Route } from './table.ts'

/** What was settled beyond the container itself. */
export interface Settlement {
  readonly overHost: ReadonlySet<Intent>
  readonly overFleet: ReadonlySet<RouteKey>
  readonly routeByKey: { get(key: RouteKey): Route | undefined }
  readonly policy: Pick<Policy, 'limits' | 'limitsByHost'>
}

/** One verdict for each route that the container asked for (I11), sorted by route, domain, path. */
export function verdictsOf(host: HostId, ask: Ask, settlement: Settlement): readonly Verdict[] {
  const subject = { host, container: ask.container.id, containerName: nameOf(ask.container) }
  return [
    ...ask.reading.refusals.map((refusal): Verdict => ({ ...subject, ...copyDetails(refusal) })),
    ...ask.reading.intents.map((intent): Verdict => {
      const { route, domain, path, match, service, when } = intent
      const place = { route, domain, path, match, ...(when && { when }), service }
      return { ...subject, ...place, ...copyDetails(outcomeOf(intent, subject, settlement)) }
    }),
  ].sort(compareVerdicts)
}

type Outcome = Pick<Refusal, 'reason' | 'details'>

function outcomeOf(
  intent: Intent,
  subject: Pick<Verdict, 'host' | 'container'>,
  { overHost, overFleet, routeByKey, policy }: Settlement,
): Outcome {
  if (overHost.has(intent)) {
    return overBudget('routes of a host', limitsOf(policy, subject.host).routesPerHostMax)
  }
  if (overFleet.has(intent.key)) return overBudget('routes of the site', policy.limits.routesMax)
  const asked = routeByKey.get(intent.key)?.asked.find((each) => isSameRef(each, subject))
  invariant(asked !== undefined, 'every admitted intent is settled')
  return { reason: asked.reason, details: asked.details }
}

function overBudget(what: string, max: number): Outcome {
  return { reason: 'over-budget', details: { what, max: String(max) } }
}

function copyDetails<Fields extends Outcome>(
  fields: Fields,
): Fields & { details: Record<string, string> } {
  return { ...fields, details: { ...fields.details } }
}

export function compareVerdicts(a: Verdict, b: Verdict): number {
  return (
    compareText(a.route, b.route) ||
    compareText(a.domain ?? '', b.domain ?? '') ||
    compareText(a.path ?? '', b.path ?? '') ||
    compareText(a.reason, b.reason) ||
    compareText(a.details['value'] ?? '', b.details['value'] ?? '')
  )
}
