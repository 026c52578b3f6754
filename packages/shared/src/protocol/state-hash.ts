import { canonical } from '../kernel/canonical.ts'
import type { Digest } from '../kernel/digest.ts'
import { type ContainerId, ShortHashLength } from '../kernel/ids.ts'
import type { Container } from './container.ts'

/** Identity of one container's whole state; equal states give equal hashes on every machine. */
export function containerHash(container: Container, digest: Digest): string {
  return digest(canonical(container)).slice(0, ShortHashLength)
}

/**
 * Identity of all containers of a host. The agent puts it into every heartbeat and a master compares
 * it with its own view, so a lost observation is noticed whoever lost it.
 */
export function stateHash(hashById: ReadonlyMap<ContainerId, string>, digest: Digest): string {
  const lines = [...hashById].map(([id, hash]) => `${id} ${hash}`).sort()
  return digest(lines.join('\n')).slice(0, ShortHashLength)
}
