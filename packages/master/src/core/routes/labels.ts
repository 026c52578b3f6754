import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { compareText } from '../graph/select.ts'
import { type Problem, problem, readOr } from './found.ts'
import type { Intent, Reading, Refusal } from './intent.ts'
import { collectLabels, type Labels } from './label-set.ts'
import { readFlag, shown } from './label-values.ts'
import type { Policy } from './policy.ts'
import { type ContainerWishes, readPool } from './read-pool.ts'
import {
  chooseService,
  overBudget,
  readRoute,
  type ReadRoute,
  type RouteLabels,
} from './read-route.ts'
import { readStream, streamOf } from './read-stream.ts'
import { withinSettingsBudget } from './settings-budget.ts'
import { withoutOpenRoutes } from './withheld-routes.ts'

/**
 * What a container asks for, read from its labels; undefined when it asks for nothing.
 *
 * Every route that it names ends in one intent for each of its domains, or in a refusal that tells
 * which label is to blame. A bad value costs its own route, a bad name in a list only itself; where the
 * route was to keep somebody out, it costs the wider ones too.
 */
export function readLabels(
  container: Container,
  policy: Policy,
  digest: Digest,
): Reading | undefined {
  const labels = collectLabels(container)
  if (labels === undefined) return undefined
  const names = [...labels.routes.keys()].sort(compareText)
  const general = refuseAll(labels, policy) ?? refuseInherit(labels)
  if (general !== undefined) {
    return { ...native, intents: [], refusals: names.map((route) => ({ ...general, route })) }
  }
  const { routesPerContainerMax } = policy.limits
  const readings = names.map((route, index) =>
    index < routesPerContainerMax
      ? readOne({ route, labels, container, policy, digest })
      : { intents: [], refusals: [overBudget(route, 'routes', routesPerContainerMax)] },
  )
  const reading = withoutDuplicates({
    ...native,
    remarks: readings.flatMap((each) => each.remarks ?? []),
    intents: readings.flatMap((each) => each.intents),
    refusals: readings.flatMap((each) => each.refusals),
  })
  return withoutOpenRoutes(withinSettingsBudget(reading), labels)
}

function readOne(from: RouteLabels): ReadRoute {
  const stream = streamOf(from.route)
  return stream === undefined ? readRoute(from) : readStream(from, stream)
}

/**
 * What the labels say for the container as a whole, for routes that are read in another language. Keys
 * of routes are not taken along: the routes are the other language's, and these would be forgotten.
 */
export function readContainerWishes(
  container: Container,
  policy: Policy,
  digest: Digest,
): ({ readonly kind: 'wishes' } & ContainerWishes) | ({ readonly kind: 'refused' } & Problem) {
  const labels = collectLabels(container)
  const service = chooseService(labels ?? noLabels, container, digest)
  const problems =
    labels === undefined ? undefined : (refuseAll(labels, policy) ?? ownRoute(labels))
  if (problems !== undefined) return { kind: 'refused', ...problems }
  if ('reason' in service) return { kind: 'refused', ...service }
  const wishes = readPool(labels ?? noLabels, service.value, digest)
  return 'reason' in wishes ? { kind: 'refused', ...wishes } : { kind: 'wishes', ...wishes }
}

const native = { dialect: 'roadstead', lost: [], remarks: [] } as const
const noLabels: Pick<Labels, 'general'> = { general: new Map() }

/** What keeps all routes of the container out. */
function refuseAll(labels: Labels, policy: Policy): Problem | undefined {
  const { labelsPerContainerMax, labelBytesPerContainerMax } = policy.limits
  if (labels.count > labelsPerContainerMax) {
    return overBudget('', 'labels', labelsPerContainerMax)
  }
  if (labels.bytes > labelBytesPerContainerMax) {
    return overBudget('', 'label bytes', labelBytesPerContainerMax)
  }
  const enable = labels.general.get('enable')
  const enabled = readOr(enable, 'true', (text) => readFlag(text, 'invalid-enable'))
  if ('reason' in enabled) return enabled
  if (enable !== undefined && !enabled.value) return problem('disabled', enable)
  return labels.problems[0]
}

/** Whoever takes its routes from another language is not read here. */
function refuseInherit({ general }: Labels): Problem | undefined {
  const inherit = general.get('inherit')
  return inherit === undefined ? undefined : problem('key-later', inherit)
}

function ownRoute({ general, routes }: Labels): Problem | undefined {
  const inherit = shown(general.get('inherit')?.key ?? '')
  for (const { fields, headers, problems } of routes.values()) {
    const [label] = [...fields.values(), ...headers.values()]
    const details = { label: inherit, other: shown(label?.key ?? '') }
    if (label !== undefined) return { reason: 'incompatible-keys', details }
    if (problems[0] !== undefined) return problems[0]
  }
  return undefined
}

/** The same address asked for twice: the first route by name has it. */
function withoutDuplicates({ intents, refusals, ...rest }: Reading): Reading {
  const kept = new Map<string, Intent>()
  const duplicates: Refusal[] = []
  for (const intent of intents) {
    const first = kept.get(intent.key)
    if (first === undefined) kept.set(intent.key, intent)
    else {
      const { route, domain, path } = intent
      const details = { route: first.route }
      duplicates.push({ route, domain, path, reason: 'duplicate-route', details })
    }
  }
  return { ...rest, intents: [...kept.values()], refusals: [...refusals, ...duplicates] }
}
