/** The one that runs, and the one that the next head may name already. */
const TEXTS_PER_BUCKET = 2
/** The most that a head can name. */
const BUCKETS_MAX = 1_024

interface Text {
  readonly digest: string
  readonly text: string
}

/**
 * The last texts of every bucket. An older one is named by no head any more, so what is kept is as large
 * as the table is, twice, however often it changes.
 */
export class SliceCache {
  readonly #textsByBucket = new Map<number, readonly Text[]>()

  get(bucket: number, digest: string): string | undefined {
    return this.#textsByBucket.get(bucket)?.find((each) => each.digest === digest)?.text
  }

  put(bucket: number, digest: string, text: string): void {
    if (!Number.isInteger(bucket) || bucket < 0 || bucket >= BUCKETS_MAX) return
    const others = (this.#textsByBucket.get(bucket) ?? []).filter((it) => it.digest !== digest)
    const texts = [{ digest, text }, ...others].slice(0, TEXTS_PER_BUCKET)
    this.#textsByBucket.set(bucket, texts)
  }
}
