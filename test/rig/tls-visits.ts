import { Authority, type Pair, putPair } from '@roadstead/edge/testing/certificates.ts'
import { type TlsAnswer, TlsVisitor } from '@roadstead/edge/testing/tls-visitor.ts'
import type { Edge } from './parts.ts'

/** An authority of one test, and visitors who believe it and nobody else. */
export class TlsVisits {
  readonly #authority = new Authority()

  pair(...names: readonly string[]): Pair {
    return this.#authority.pair(names)
  }

  /** Into the folder of this edge, as `NAME.crt` and `NAME.key`. */
  async put({ certificates }: Edge, name: string, pair: Pair): Promise<void> {
    await putPair(certificates, name, pair)
  }

  get(edge: Edge, domain: string): Promise<TlsAnswer> {
    return this.#visitor(edge).get(domain)
  }

  /** The fingerprint of what is shown for a name, or the code of the refusal. */
  shown(edge: Edge, name: string): Promise<string> {
    return this.#visitor(edge).shown(name)
  }

  #visitor({ httpsPort }: Edge): TlsVisitor {
    return new TlsVisitor(httpsPort, this.#authority.certificate)
  }
}
