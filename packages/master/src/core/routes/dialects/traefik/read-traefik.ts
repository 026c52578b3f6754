import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { compareText } from '../../../graph/select.ts'
import type { Intent, Refusal } from '../../intent.ts'
import { shown } from '../../label-values.ts'
import type { Policy } from '../../policy.ts'
import type { Asking } from '../asking.ts'
import type { Problem } from '../../found.ts'
import { readTruth } from '../go-values.ts'
import { withoutOpenDoors } from '../withheld.ts'
import { readRouter, refusedRouter, type RouterReading } from './router.ts'
import { type TraefikLabels, traefikLabels } from './traefik-labels.ts'
import { joinTwins } from './twins.ts'

/** Name of the route of a container that names none. */
const DEFAULT_ROUTER = 'default'

/** What a container asks for by labels of Traefik, versions 2 and 3; undefined when by none. */
export function readTraefik(
  container: Container,
  policy: Policy,
  digest: Digest,
): Asking | undefined {
  const labels = traefikLabels(container)
  if (labels === undefined || saysNothing(labels)) return undefined
  const general = refuseAll(labels, policy)
  const { routesPerContainerMax } = policy.limits
  const routers = [...labels.routers.values()].sort((a, b) => compareText(a.name, b.name))
  const readings = routers.map((owner, index): RouterReading => {
    if (general !== undefined) return refusedRouter(owner, general)
    if (index >= routesPerContainerMax) {
      return refusedRouter(owner, overBudget('routes', routesPerContainerMax))
    }
    return readRouter(owner, labels, container, digest)
  })
  const joined = joinTwins(readings)
  const withheld = readings.flatMap((each) => each.withheld)
  const closed = withoutOpenDoors(joined.intents, withheld)
  return {
    isMeant: isMeant(labels, general),
    reading: {
      dialect: 'traefik',
      lost: [],
      remarks: [...labels.remarks, ...readings.flatMap((each) => each.remarks)],
      intents: [...closed.intents].sort(compareIntents),
      refusals: [
        ...readings.flatMap((each) => each.refusals),
        ...joined.refusals,
        ...closed.refusals,
        ...withoutRouter(labels, general),
        ...streamRefusals(labels),
      ],
    },
  }
}

/** An image that knows its port has not asked; neither has who only says that it will not. */
function saysNothing({ enable, routers, services, middlewares, ...rest }: TraefikLabels): boolean {
  const isOff = enable !== undefined && readTruth(enable.value) === false
  const isNamed = [...routers.values(), ...services.values(), ...middlewares.values()].some(
    ({ isOwn, problems }) => isOwn || problems.length > 0,
  )
  if (isNamed || rest.streams.size > 0) return false
  return isOff || (enable === undefined && rest.remarks.length === 0)
}

/** Whether it is meant to be served in this way, so that no other language is asked. */
function isMeant({ enable, routers, services }: TraefikLabels, general?: Problem): boolean {
  if (general?.reason === 'disabled' || general?.reason === 'not-exposed') return false
  if (enable !== undefined) return true
  return [...routers.values(), ...services.values()].some(({ isOwn }) => isOwn)
}

function refuseAll(
  { bytes, count, enable }: TraefikLabels,
  { dialects, limits }: Policy,
): Problem | undefined {
  const { labelBytesPerContainerMax, labelsPerContainerMax } = limits
  if (count > labelsPerContainerMax) return overBudget('labels', labelsPerContainerMax)
  if (bytes > labelBytesPerContainerMax) return overBudget('label bytes', labelBytesPerContainerMax)
  if (enable === undefined) {
    return dialects.traefikExposedByDefault ? undefined : { reason: 'not-exposed', details: {} }
  }
  const isOn = readTruth(enable.value)
  if (isOn === true) return undefined
  const details = { label: shown(enable.key), value: shown(enable.value) }
  return { reason: isOn === false ? 'disabled' : 'invalid-value', details }
}

/** Traefik has a rule for containers without one; it makes no name that anybody could ask for. */
function withoutRouter({ routers, streams }: TraefikLabels, general?: Problem): readonly Refusal[] {
  if (routers.size + streams.size > 0) return []
  const missing: Problem = { reason: 'host-missing', details: { router: DEFAULT_ROUTER } }
  return [{ route: DEFAULT_ROUTER, ...(general ?? missing) }]
}

function streamRefusals({ streams }: TraefikLabels): readonly Refusal[] {
  return [...streams].map(([route, { key }]) => {
    return { route, reason: 'key-later', details: { label: shown(key) } }
  })
}

function overBudget(what: string, max: number): Problem {
  return { reason: 'over-budget', details: { what, max: String(max) } }
}

function compareIntents(a: Intent, b: Intent): number {
  return (
    compareText(a.route, b.route) ||
    compareText(a.domain, b.domain) ||
    compareText(a.path, b.path) ||
    compareText(a.key, b.key)
  )
}
