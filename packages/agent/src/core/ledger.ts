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

/**
 * Everything this agent has said in this life, and so everything a master must know by now. Whatever is
 * seen goes through `tell`, which answers with the observations that make it known: none when it
 * is known already. Numbers are given here and nowhere else, so a gap in them means a loss.
 */
export interface Ledger {
  readonly host: HostId
  readonly boot: number
  /** Of the last observation. */
  readonly seq: number
  readonly containerById: ReadonlyMap<ContainerId, Container>
  readonly hashById: ReadonlyMap<ContainerId, string>
  readonly facts: HostFacts | undefined
  readonly networks: readonly Network[]
  /**
   * Whether everything on the host was seen once in this life. Before that, observations would
   * contradict nothing and prove nothing: they are kept back, and the first snapshot says it all.
   */
  readonly complete: boolean
}

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

export function emptyLedger(host: HostId, boot: number): Ledger {
  return {
    host,
    boot,
    seq: 0,
    containerById: new Map(),
    hashById: new Map(),
    facts: undefined,
    networks: [],
    complete: false,
  }
}

export function tell(ledger: Ledger, seen: Seen, digest: Digest): [Ledger, Observation[]] {
  switch (seen.kind) {
    case 'container':
      return tellContainer(ledger, seen, digest)
    case 'gone':
      return tellGone(ledger, seen)
    case 'host':
      return tellHost(ledger, seen)
    case 'news':
      return say(ledger, { kind: 'news', stamp: nextStamp(ledger), news: seen.news })
    case 'complete':
      return [{ ...ledger, complete: ledger.facts !== undefined }, []]
    default:
      return unreachable(seen)
  }
}

/** Identity of all containers said so far; it travels in every heartbeat. */
export function ledgerHash(ledger: Ledger, digest: Digest): string {
  return stateHash(ledger.hashById, digest)
}

export function lastStamp(ledger: Ledger): Stamp {
  return { host: ledger.host, boot: ledger.boot, seq: ledger.seq }
}

/** The whole of it at the last stamp; undefined until everything was seen once. */
export function snapshot(ledger: Ledger, cause: Cause, digest: Digest): Snapshot | undefined {
  if (!ledger.complete || ledger.facts === undefined) return undefined
  return {
    kind: 'snapshot',
    stamp: lastStamp(ledger),
    facts: ledger.facts,
    networks: [...ledger.networks],
    containers: [...ledger.containerById.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    stateHash: ledgerHash(ledger, digest),
    cause,
  }
}

function tellContainer(
  ledger: Ledger,
  { container, cause }: Extract<Seen, { kind: 'container' }>,
  digest: Digest,
): [Ledger, Observation[]] {
  const hash = containerHash(container, digest)
  if (ledger.hashById.get(container.id) === hash) return [ledger, []]
  const next = {
    ...ledger,
    containerById: new Map(ledger.containerById).set(container.id, container),
    hashById: new Map(ledger.hashById).set(container.id, hash),
  }
  return sayWhenComplete(next, {
    kind: 'container-seen',
    stamp: nextStamp(ledger),
    container,
    cause,
  })
}

function tellGone(
  ledger: Ledger,
  { id, cause }: Extract<Seen, { kind: 'gone' }>,
): [Ledger, Observation[]] {
  const known = ledger.containerById.get(id)
  if (known === undefined) return [ledger, []]
  const next = {
    ...ledger,
    containerById: without(ledger.containerById, id),
    hashById: without(ledger.hashById, id),
  }
  return sayWhenComplete(next, {
    kind: 'container-gone',
    stamp: nextStamp(ledger),
    containerId: id,
    name: known.name,
    cause,
  })
}

function tellHost(
  ledger: Ledger,
  { facts, networks, cause }: Extract<Seen, { kind: 'host' }>,
): [Ledger, Observation[]] {
  const isKnown =
    ledger.facts !== undefined &&
    canonical(ledger.facts) === canonical(facts) &&
    canonical(ledger.networks) === canonical(networks)
  if (isKnown) return [ledger, []]
  const stamp = nextStamp(ledger)
  const next = { ...ledger, facts, networks }
  return sayWhenComplete(next, { kind: 'host-seen', stamp, facts, networks: [...networks], cause })
}

function sayWhenComplete(ledger: Ledger, observation: Observation): [Ledger, Observation[]] {
  return ledger.complete ? say(ledger, observation) : [ledger, []]
}

function say(ledger: Ledger, observation: Observation): [Ledger, Observation[]] {
  return [{ ...ledger, seq: observation.stamp.seq }, [observation]]
}

function nextStamp(ledger: Ledger): Stamp {
  return { host: ledger.host, boot: ledger.boot, seq: ledger.seq + 1 }
}

function without<Value>(
  map: ReadonlyMap<ContainerId, Value>,
  id: ContainerId,
): Map<ContainerId, Value> {
  const copy = new Map(map)
  copy.delete(id)
  return copy
}
