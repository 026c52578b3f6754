import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { Graph, HostNode } from '../graph/graph.ts'
import { drainOf, nameOf, type Placed, presenceOf } from '../graph/select.ts'
import type { Claimant } from './claimant.ts'
import { fitnessOf } from './eligible.ts'
import type { Reading } from './intent.ts'
import { readLabels } from './labels.ts'
import type { Policy } from './policy.ts'
import { reachOf } from './reach.ts'

/** What `derive` needs besides the graph. */
export interface DeriveSettings {
  readonly policy: Policy
  readonly digest: Digest
}

/** A container that asks for routes. */
export interface Ask {
  readonly container: Container
  readonly reading: Reading
  /** One for each intent, in the same order. */
  readonly claimants: readonly Claimant[]
}

/** What a container asks for now; undefined when it asks for nothing. `before` saves reading again. */
export function askOf(
  graph: Graph,
  placed: Placed,
  settings: DeriveSettings,
  before?: Ask,
): Ask | undefined {
  const { container } = placed
  const reading =
    before?.container === container
      ? before.reading
      : readLabels(container, settings.policy, settings.digest)
  if (reading === undefined) return undefined
  return { container, reading, claimants: claimantsOf(graph, placed, reading, settings.policy) }
}

/** The asks of one host by themselves: its containers in the order of their ids. */
export function asksOfHost(graph: Graph, host: HostNode, settings: DeriveSettings): readonly Ask[] {
  return [...host.containers.values()]
    .map((container) => askOf(graph, { host, container }, settings))
    .filter((ask) => ask !== undefined)
}

function claimantsOf(
  graph: Graph,
  placed: Placed,
  { intents }: Reading,
  policy: Policy,
): readonly Claimant[] {
  if (intents.length === 0) return []
  const { host, container } = placed
  const presence = presenceOf(graph, host.id)
  const drain = drainOf(graph, host.id, container.id)
  return intents.map((intent) => ({
    host: host.id,
    container: container.id,
    containerName: nameOf(container),
    intent,
    fitness: fitnessOf({ container, port: intent.port, presence, drain }),
    reach: reachOf(placed, intent.port, policy),
  }))
}
