/** Texts by digest, the least recently used forgotten first. */
export class SliceCache {
  readonly #textByDigest = new Map<string, string>()
  readonly #charsMax: number
  #chars = 0

  constructor(charsMax: number) {
    this.#charsMax = charsMax
  }

  get(digest: string): string | undefined {
    const text = this.#textByDigest.get(digest)
    if (text === undefined) return undefined
    this.#textByDigest.delete(digest)
    this.#textByDigest.set(digest, text)
    return text
  }

  put(digest: string, text: string): void {
    if (this.#textByDigest.has(digest)) return
    this.#textByDigest.set(digest, text)
    this.#chars += text.length
    for (const [oldest, old] of this.#textByDigest) {
      if (this.#chars <= this.#charsMax) return
      this.#textByDigest.delete(oldest)
      this.#chars -= old.length
    }
  }
}
