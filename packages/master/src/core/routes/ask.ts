import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { Graph, HostNode } from '../graph/graph.ts'
import { drainOf, flappingOf, nameOf, type Placed, presenceOf } from '../graph/select.ts'
import type { Claimant } from './claimant.ts'
import { readAsks } from './dialects/read-asks.ts'
import { fitnessOf } from './eligible.ts'
import type { Reading } from './intent.ts'
import type { Policy } from './policy.ts'
import { networkOwner, reachOf, whyNarrow } from './reach.ts'
import { type Reused, reusedOn } from './reused.ts'

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

/** What is known of a host besides its containers one by one. */
export interface AskFacts {
  readonly graph: Graph
  readonly reused: Reused
  readonly settings: DeriveSettings
}

/** What a container asks for now; undefined when it asks for nothing. `before` saves reading again. */
export function askOf(facts: AskFacts, placed: Placed, before?: Ask): Ask | undefined {
  const { container } = placed
  const { settings } = facts
  const reading =
    before?.container === container
      ? before.reading
      : readAsks({ container, host: placed.host.id, ...settings })
  if (reading === undefined) return undefined
  return { container, reading, claimants: claimantsOf(facts, placed, reading) }
}

/** The asks of one host by themselves: its containers in the order of their ids. */
export function asksOfHost(graph: Graph, host: HostNode, settings: DeriveSettings): readonly Ask[] {
  const facts = { graph, reused: reusedOn(host.containers), settings }
  return [...host.containers.values()]
    .map((container) => askOf(facts, { host, container }))
    .filter((ask) => ask !== undefined)
}

function claimantsOf(
  { graph, reused, settings }: AskFacts,
  placed: Placed,
  { intents }: Reading,
): readonly Claimant[] {
  if (intents.length === 0) return []
  const { host, container } = placed
  const presence = presenceOf(graph, host.id)
  const drain = drainOf(graph, host.id, container.id)
  const owner = reused.size === 0 ? undefined : networkOwner(host, container)
  const taken = owner && reused.get(owner.id)
  const flapping = flappingOf(graph, host.id, container.id)
  const facts = { container, presence, drain, taken, flapping }
  return intents.map((intent) => ({
    host: host.id,
    container: container.id,
    containerName: nameOf(container),
    project: container.project,
    intent,
    fitness: fitnessOf({
      ...facts,
      port: intent.port,
      protocol: intent.pool.protocol,
      narrow: whyNarrow(placed, intent),
    }),
    reach: reachOf(placed, intent, settings.policy),
  }))
}
