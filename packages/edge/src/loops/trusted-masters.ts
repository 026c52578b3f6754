import { loadIdentity } from '@roadstead/bus/identity.ts'
import { verifySigned } from '@roadstead/bus/nkey.ts'
import type { PublicKey } from '@roadstead/shared/kernel/ids.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'

/** The masters whose tables this edge believes, as its identity names them. */
export class TrustedMasters {
  readonly #directory: string
  #masters: readonly PublicKey[]

  constructor(directory: string, masters: readonly PublicKey[]) {
    this.#directory = directory
    this.#masters = masters
  }

  verify(signed: Signed): 'trusted' | 'unknown-signer' | 'bad-signature' {
    return verifySigned(signed, this.#masters).kind
  }

  /** Reads the identity again: a master may have joined since. One that cannot be read changes nothing. */
  async refresh(): Promise<void> {
    const loaded = await loadIdentity(this.#directory).catch(() => undefined)
    this.#masters = loaded?.identity.masters ?? this.#masters
  }
}
