import { nothingCounted, sumTallies } from '../core/requests/counts.ts'
import { readJournal } from '../core/requests/journal.ts'
import type { RequestSource, Taken } from '../core/requests/source.ts'

/** A second of the largest edge is in two answers; whatever is left comes with the next look. */
const ANSWERS_MAX = 8

/** The counts of the live tier. Pages stay in the memory of nginx until what they say has been told. */
export class RequestJournal implements RequestSource {
  readonly #read: (from: string) => Promise<string | undefined>
  #born = '0'
  #last = 0
  #told = 0
  #lost = 0

  /** @param read asks the Lua: `<born> <told> <read>`. */
  constructor(read: (from: string) => Promise<string | undefined>) {
    this.#read = read
  }

  async take(): Promise<Taken | undefined> {
    let tally = nothingCounted
    let lost = 0
    for (let answers = 0; answers < ANSWERS_MAX; answers += 1) {
      const text = await this.#read(`${this.#born} ${this.#told} ${this.#last}`)
      const pages = text === undefined ? undefined : readJournal(text)
      if (pages === undefined) return answers === 0 ? undefined : { tally, lost }
      if (pages.born !== this.#born) this.#begin(pages.born)
      tally = sumTallies(tally, pages.tally)
      lost += Math.max(0, pages.lost - this.#lost)
      this.#lost = Math.max(this.#lost, pages.lost)
      this.#last = pages.last
      if (!pages.more) break
    }
    return { tally, lost }
  }

  told(): void {
    this.#told = this.#last
  }

  /** Another memory: nginx has been started anew. */
  #begin(born: string): void {
    this.#born = born
    this.#told = 0
    this.#lost = 0
  }
}
