import { canonical } from '@roadstead/shared/kernel/canonical.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import type { Graph, HostNode } from '../graph/graph.ts'
import type { EdgePlace } from './edge-place.ts'
import { type Policy, policyText } from './policy.ts'

/**
 * Identity of everything that an edge's table was derived from: stamps of all hosts, decisions that
 * matter, policy, and where the edge stands. A standby that has the same input must have the same
 * table, and one that has another has nothing to compare.
 *
 * Hosts and decisions enter as a sum of hashes, which needs no order: so a change of one costs one
 * hash, not a sorted walk over ten thousand.
 */
export class InputDigests {
  readonly #digest: Digest
  readonly #hosts = new WeakMap<HostNode, Lanes>()
  readonly #decisions = new WeakMap<Decision, Lanes>()
  readonly #policies = new WeakMap<Policy, string>()
  readonly #sums = new WeakMap<object, string>()

  constructor(digest: Digest) {
    this.#digest = digest
  }

  of(graph: Graph, policy: Policy, { edge, ...place }: EdgePlace): string {
    return this.#digest(
      [
        this.#sumOfHosts(graph),
        this.#sumOfDecisions(graph),
        canonical({ edge, place }),
        this.#digestOfPolicy(policy),
      ].join('\n'),
    )
  }

  #digestOfPolicy(policy: Policy): string {
    const known = this.#policies.get(policy)
    if (known !== undefined) return known
    const digest = this.#digest(policyText(policy))
    this.#policies.set(policy, digest)
    return digest
  }

  #sumOfHosts({ hosts }: Graph): string {
    return this.#sumOf(hosts, () =>
      Array.from(hosts.values(), (host) => this.#lanesOf(this.#hosts, host, stampText)),
    )
  }

  #sumOfDecisions({ decisions }: Graph): string {
    return this.#sumOf(decisions, () =>
      [...decisions.values()]
        .filter(({ kind }) => entersDerive(kind))
        .map((decision) => this.#lanesOf(this.#decisions, decision, canonical)),
    )
  }

  #sumOf(owner: object, members: () => readonly Lanes[]): string {
    const known = this.#sums.get(owner)
    if (known !== undefined) return known
    const sum = sumOfLanes(members()).join(' ')
    this.#sums.set(owner, sum)
    return sum
  }

  #lanesOf<Value extends object>(
    cache: WeakMap<Value, Lanes>,
    value: Value,
    textOf: (value: Value) => string,
  ): Lanes {
    const known = cache.get(value)
    if (known !== undefined) return known
    const hash = this.#digest(textOf(value))
    const lanes = NO_LANES.map((_, lane) =>
      Number.parseInt(hash.slice(lane * LANE_DIGITS, (lane + 1) * LANE_DIGITS), 16),
    )
    cache.set(value, lanes)
    return lanes
  }
}

/** Parts of a hash, each small enough that a JavaScript number adds it without losing a bit. */
type Lanes = readonly number[]

const LANE_DIGITS = 12
const LANE_SIZE = 2 ** (4 * LANE_DIGITS)
const NO_LANES: Lanes = [0, 0, 0, 0, 0]

function sumOfLanes(members: readonly Lanes[]): Lanes {
  const sum = [...NO_LANES]
  for (const lanes of members) {
    for (const [lane, value] of lanes.entries()) sum[lane] = ((sum[lane] ?? 0) + value) % LANE_SIZE
  }
  return sum
}

function stampText({ id, stamp, seenThrough, ahead }: HostNode): string {
  const beyond = [...(ahead?.deltas.keys() ?? [])].sort((a, b) => a - b)
  return [id, stamp.boot, seenThrough, ...beyond].join(' ')
}

function entersDerive(kind: Decision['kind']): boolean {
  return ENTERING.has(kind)
}

const ENTERING: ReadonlySet<Decision['kind']> = new Set([
  'presence',
  'claim',
  'drain',
  'flapping',
] as const)
