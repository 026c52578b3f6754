import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { compareText } from '../../../graph/select.ts'
import type { StreamProtocol } from '@roadstead/shared/protocol/route.ts'
import type { Intent, Reading, Refusal } from '../../intent.ts'
import { shown } from '../../label-values.ts'
import type { Policy } from '../../policy.ts'
import type { Asking } from '../asking.ts'
import type { Problem } from '../../found.ts'
import { readTruth } from '../go-values.ts'
import { withoutOpenDoors } from '../withheld.ts'
import { readRouter, refusedRouter, type RouterReading } from './router.ts'
import { readStreamRouter, refusedStream } from './stream-router.ts'
import { type Owner, type Owners, type TraefikLabels, traefikLabels } from './traefik-labels.ts'
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
  const http = [...labels.routers.values()].sort(byName)
  const refusal = (index: number): Problem | undefined =>
    general ??
    (index < routesPerContainerMax ? undefined : overBudget('routes', routesPerContainerMax))
  const readings = http.map((owner, index): RouterReading => {
    const problem = refusal(index)
    if (problem !== undefined) return refusedRouter(owner, problem)
    return readRouter(owner, labels, container, digest)
  })
  const facts = { labels, container, dialects: policy.dialects, digest }
  const streams = streamsOf(labels).map(({ owner, protocol }, index): RouterReading => {
    const problem = refusal(http.length + index)
    if (problem !== undefined) return refusedStream(owner, [], problem)
    return readStreamRouter(owner, protocol, facts)
  })
  const all = [joined(readings), joined(streams)]
  return {
    isMeant: isMeant(labels, general),
    reading: {
      dialect: 'traefik',
      lost: [],
      remarks: [...labels.remarks, ...readings.flatMap((each) => each.remarks)],
      intents: all.flatMap(({ intents }) => intents).sort(compareIntents),
      refusals: [...all.flatMap(({ refusals }) => refusals), ...withoutRouter(labels, general)],
    },
  }
}

/** Routers of one kind together; what is not known of one is not known of the other kind. */
function joined(readings: readonly RouterReading[]): Pick<Reading, 'intents' | 'refusals'> {
  const twins = joinTwins(readings)
  const withheld = readings.flatMap((each) => each.withheld)
  const closed = withoutOpenDoors(twins.intents, withheld)
  const own = readings.flatMap(({ refusals }) => refusals)
  return { intents: closed.intents, refusals: [...own, ...twins.refusals, ...closed.refusals] }
}

interface Stream {
  readonly owner: Owner
  readonly protocol: StreamProtocol
}

function streamsOf({ streams }: TraefikLabels): readonly Stream[] {
  return (['tcp', 'udp'] as const).flatMap((protocol) =>
    [...streams[protocol].routers.values()].sort(byName).map((owner) => ({ owner, protocol })),
  )
}

function byName(a: Owner, b: Owner): number {
  return compareText(a.name, b.name)
}

/** What is defined for any protocol. */
function definedIn(labels: TraefikLabels, ...groups: (keyof Owners)[]): readonly Owner[] {
  const all: readonly Owners[] = [labels, labels.streams.tcp, labels.streams.udp]
  return all.flatMap((each) => groups.flatMap((group) => [...each[group].values()]))
}

/** An image that knows its port has not asked; neither has who only says that it will not. */
function saysNothing(labels: TraefikLabels): boolean {
  const { enable, remarks } = labels
  const isOff = enable !== undefined && readTruth(enable.value) === false
  const defined = definedIn(labels, 'routers', 'services', 'middlewares')
  if (defined.some(({ isOwn, problems }) => isOwn || problems.length > 0)) return false
  return isOff || (enable === undefined && remarks.length === 0)
}

/** Whether it is meant to be served in this way, so that no other language is asked. */
function isMeant(labels: TraefikLabels, general?: Problem): boolean {
  if (general?.reason === 'disabled' || general?.reason === 'not-exposed') return false
  if (labels.enable !== undefined) return true
  return definedIn(labels, 'routers', 'services').some(({ isOwn }) => isOwn)
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
function withoutRouter(labels: TraefikLabels, general?: Problem): readonly Refusal[] {
  if (labels.routers.size + streamsOf(labels).length > 0) return []
  const missing: Problem = { reason: 'host-missing', details: { router: DEFAULT_ROUTER } }
  return [{ route: DEFAULT_ROUTER, ...(general ?? missing) }]
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
