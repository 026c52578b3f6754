import type { EdgeId, PublicKey } from '@roadstead/shared/kernel/ids.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import { SEALED_FOR_MAX } from '@roadstead/shared/protocol/kept-object.ts'
import type { Decisions, ObjectDecision } from './kept-objects.ts'

/**
 * Masters that an object is to be sealed for: those that are known here, and those that it is sealed for
 * already, since a master may know of others that this one does not; none that was taken back.
 */
export function mastersFor(
  sealedFor: readonly PublicKey[],
  ownAndPeers: readonly PublicKey[],
  decisions: Decisions,
): readonly PublicKey[] {
  const enrolled: PublicKey[] = []
  const revoked = new Set<PublicKey>()
  for (const decision of decisions.values()) {
    if (decision.kind !== 'identity' || decision.role !== 'master') continue
    if (decision.revoked) revoked.add(decision.publicKey)
    else enrolled.push(decision.publicKey)
  }
  const all = new Set([...ownAndPeers, ...enrolled, ...sealedFor])
  return [...all].filter((key) => !revoked.has(key)).slice(0, SEALED_FOR_MAX)
}

export function sealedFor({ sealed }: ObjectDecision): readonly PublicKey[] {
  return sealed.keys.map(({ to }) => to)
}

export function isSameSet(a: readonly PublicKey[], b: readonly PublicKey[]): boolean {
  return a.length === b.length && a.every((key) => b.includes(key))
}

/**
 * The key that each edge opens by. An edge that was enrolled is known by what it enrolled with; one that
 * belongs to the site from its start by what it says, on a subject that the bus lets nobody else use.
 * Edges that were taken back have none.
 */
export function edgeKeys(
  edges: ReadonlyMap<EdgeId, { readonly status: Pick<EdgeStatus, 'publicKey'> }>,
  decisions: Decisions,
): ReadonlyMap<EdgeId, PublicKey> {
  const keys = new Map<EdgeId, PublicKey>()
  for (const [edge, { status }] of edges) {
    if (isRevoked(edge, decisions)) continue
    const identity = decisions.get(identityKey(edge))
    const key = identity?.kind === 'identity' ? identity.publicKey : status.publicKey
    // Without a word of its own it is of a version that would not look for objects.
    if (key !== undefined && status.publicKey !== undefined) keys.set(edge, key)
  }
  return keys
}

export function isRevoked(edge: EdgeId, decisions: Decisions): boolean {
  const identity = decisions.get(identityKey(edge))
  return identity?.kind === 'identity' && identity.revoked
}

function identityKey(edge: EdgeId): string {
  return `d.identity.edge.${edge}`
}
