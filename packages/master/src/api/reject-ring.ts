import { z } from 'zod'

/** A message that was not understood, as far as that is safe to keep: never its content. */
export const Reject = z.object({
  at: z.string(),
  stream: z.enum(['events', 'snapshots', 'edges', 'control', 'stock']),
  subject: z.string(),
  error: z.string(),
})
export type Reject = z.infer<typeof Reject>

/** The last messages that were refused at the door, for an admin to look at; and how many ever. */
export class RejectRing {
  readonly #rejects: Reject[] = []
  #total = 0

  add(reject: Reject): void {
    this.#total += 1
    const error = reject.error.slice(0, ERROR_LENGTH_MAX)
    this.#rejects.push({ ...reject, subject: reject.subject.slice(0, ERROR_LENGTH_MAX), error })
    if (this.#rejects.length > REJECTS_MAX) this.#rejects.shift()
  }

  get total(): number {
    return this.#total
  }

  last(): readonly Reject[] {
    return this.#rejects
  }
}

/** Enough to see a pattern; a flood of bad messages must not become a flood of memory. */
const REJECTS_MAX = 100
const ERROR_LENGTH_MAX = 512
