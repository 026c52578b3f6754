import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { containerHash, stateHash } from '@roadstead/shared/protocol/state-hash.ts'
import type { HostNode } from './graph.ts'

/**
 * The state hash of a host as this master sees it, to be compared with what its agent says of itself.
 * Hashes are kept as long as the values they belong to, so a heartbeat of an unchanged host costs a
 * look-up, and one changed container costs one hash.
 */
export class StateHashes {
  readonly #digest: Digest
  readonly #containers = new WeakMap<Container, string>()
  readonly #hosts = new WeakMap<HostNode['containers'], string>()

  constructor(digest: Digest) {
    this.#digest = digest
  }

  of({ containers }: Pick<HostNode, 'containers'>): string {
    const known = this.#hosts.get(containers)
    if (known !== undefined) return known
    const hash = stateHash(
      new Map([...containers].map(([id, container]) => [id, this.#hashOf(container)])),
      this.#digest,
    )
    this.#hosts.set(containers, hash)
    return hash
  }

  #hashOf(container: Container): string {
    const known = this.#containers.get(container)
    if (known !== undefined) return known
    const hash = containerHash(container, this.#digest)
    this.#containers.set(container, hash)
    return hash
  }
}
