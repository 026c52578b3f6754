import { Signed } from '@roadstead/shared/protocol/signed.ts'
import { decode } from './codec.ts'

interface Stored {
  readonly seq: number
  readonly text: string
}

/**
 * Chooses what an edge is shown of the heads that reach it by push and by poll. Only the newest
 * counts. A polled one may come from a copy of the stream that lags, so one with a lower sequence than
 * was seen before is shown only when the next poll says the same: then the stream was wiped.
 */
export class NewestManifest {
  #seen = 0
  #doubted: number | undefined
  #waiting: Signed | undefined

  /** A push comes from the stream's leader at the moment of storing: never stale. */
  pushed(stored: Stored): void {
    this.#show(stored)
  }

  polled(stored: Stored): void {
    const lower = stored.seq < this.#seen
    if (lower && stored.seq !== this.#doubted) {
      this.#doubted = stored.seq
      return
    }
    this.#show(stored)
  }

  /** What is to be shown now, once. */
  take(): Signed | undefined {
    const manifest = this.#waiting
    this.#waiting = undefined
    return manifest
  }

  #show({ seq, text }: Stored): void {
    this.#doubted = undefined
    this.#seen = seq
    const signed = decode(Signed, text)
    if (signed.kind === 'value') this.#waiting = signed.value
  }
}
