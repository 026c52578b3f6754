import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import { canonical } from '@roadstead/shared/kernel/canonical.ts'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { HostFacts, Network } from '@roadstead/shared/protocol/host.ts'
import type { News } from '@roadstead/shared/protocol/news.ts'
import type { Cause, Observation, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import type { Stamp } from '@roadstead/shared/protocol/stamp.ts'
import { containerHash, stateHash } from '@roadstead/shared/protocol/state-hash.ts'

export type Seen =
  | { readonly kind: 'container'; readonly container: Container; readonly cause: Cause }
  | { readonly kind: 'gone'; readonly id: ContainerId; readonly cause: Cause }
  | {
      readonly kind: 'host'
      readonly facts: HostFacts
      readonly networks: readonly Network[]
      readonly cause: Cause
    }
  | { readonly kind: 'news'; readonly news: News }
  /** Everything there is has been looked at. */
  | { readonly kind: 'complete' }

/**
 * Everything this agent has said in this life, and so everything a master must know by now. Whatever is
 * seen goes through `tell`, which answers with the observation that makes it known: none when it
 * is known already. Numbers are given here and nowhere else, so a gap in them means a loss.
 */
export class Ledger {
  readonly #host: HostId
  readonly #boot: number
  readonly #digest: Digest
  readonly #containerById = new Map<ContainerId, Container>()
  readonly #hashById = new Map<ContainerId, string>()
  #seq = 0
  #facts: HostFacts | undefined
  #networks: readonly Network[] = []
  #isComplete = false

  constructor(parts: { readonly host: HostId; readonly boot: number; readonly digest: Digest }) {
    this.#host = parts.host
    this.#boot = parts.boot
    this.#digest = parts.digest
  }

  /**
   * Whether everything on the host was seen once in this life. Before that, observations would
   * contradict nothing and prove nothing: they are kept back, and the first snapshot says it all.
   */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Of the last observation. */
  get stamp(): Stamp {
    return { host: this.#host, boot: this.#boot, seq: this.#seq }
  }

  /** Of the host, as it was last looked at. */
  get networks(): readonly Network[] {
    return this.#networks
  }

  get containerById(): ReadonlyMap<ContainerId, Container> {
    return this.#containerById
  }

  /** Identity of all containers said so far; it travels in every heartbeat. */
  hash(): string {
    return stateHash(this.#hashById, this.#digest)
  }

  tell(seen: Seen): Observation | undefined {
    switch (seen.kind) {
      case 'container':
        return this.#tellContainer(seen)
      case 'gone':
        return this.#tellGone(seen)
      case 'host':
        return this.#tellHost(seen)
      case 'news':
        return { kind: 'news', stamp: this.#nextStamp(), news: seen.news }
      case 'complete':
        this.#isComplete = this.#facts !== undefined
        return undefined
      default:
        return unreachable(seen)
    }
  }

  /** The whole of it at the last stamp; undefined until everything was seen once. */
  snapshot(cause: Cause): Snapshot | undefined {
    if (!this.#isComplete || this.#facts === undefined) return undefined
    return {
      kind: 'snapshot',
      stamp: this.stamp,
      facts: this.#facts,
      networks: [...this.#networks],
      containers: [...this.#containerById.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
      stateHash: this.hash(),
      cause,
    }
  }

  #tellContainer({
    container,
    cause,
  }: Extract<Seen, { kind: 'container' }>): Observation | undefined {
    const hash = containerHash(container, this.#digest)
    if (this.#hashById.get(container.id) === hash) return undefined
    this.#containerById.set(container.id, container)
    this.#hashById.set(container.id, hash)
    if (!this.#isComplete) return undefined
    return { kind: 'container-seen', stamp: this.#nextStamp(), container, cause }
  }

  #tellGone({ id, cause }: Extract<Seen, { kind: 'gone' }>): Observation | undefined {
    const known = this.#containerById.get(id)
    if (known === undefined) return undefined
    this.#containerById.delete(id)
    this.#hashById.delete(id)
    if (!this.#isComplete) return undefined
    const { name } = known
    return { kind: 'container-gone', stamp: this.#nextStamp(), containerId: id, name, cause }
  }

  #tellHost({ facts, networks, cause }: Extract<Seen, { kind: 'host' }>): Observation | undefined {
    const isKnown =
      this.#facts !== undefined &&
      canonical(this.#facts) === canonical(facts) &&
      canonical(this.#networks) === canonical(networks)
    if (isKnown) return undefined
    this.#facts = facts
    this.#networks = networks
    if (!this.#isComplete) return undefined
    return {
      kind: 'host-seen',
      stamp: this.#nextStamp(),
      facts,
      networks: [...networks],
      cause,
    }
  }

  #nextStamp(): Stamp {
    this.#seq += 1
    return this.stamp
  }
}
