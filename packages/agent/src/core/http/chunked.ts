/** The engine's own limit for the line before a chunk. */
const LINE_CHARS_MAX = 4_096
/** Trailers are lines too, and nobody sends more than a checksum or two. */
const TRAILER_LINES_MAX = 64

/** Twelve digits are exact in a number: 256 TiB a chunk. */
const SIZE_LINE = /^([0-9a-fA-F]{1,12})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/
const TRAILER_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/

const CR = 13
const LF = 10

/** Finds the end of a body that is sent in chunks, without keeping or changing any of it. */
export class ChunkedBody {
  #phase: 'size' | 'data' | 'after-data' | 'trailer' | 'done' = 'size'
  #dataLeft = 0
  #line = ''
  #hasCr = false
  #trailerLines = 0

  get isDone(): boolean {
    return this.#phase === 'done'
  }

  /** How many of these bytes belong to the body; undefined when they are no chunks. */
  advance(bytes: Uint8Array): number | undefined {
    let at = 0
    while (at < bytes.length && this.#phase !== 'done') {
      if (this.#phase === 'data') {
        const taken = Math.min(this.#dataLeft, bytes.length - at)
        at += taken
        this.#dataLeft -= taken
        if (this.#dataLeft === 0) this.#phase = 'after-data'
      } else if (!this.#takeOfLine(bytes[at++] ?? 0)) {
        return undefined
      }
    }
    return at
  }

  /** False when the byte cannot be part of a line. */
  #takeOfLine(byte: number): boolean {
    if (this.#hasCr) {
      if (byte !== LF) return false
      const line = this.#line
      this.#line = ''
      this.#hasCr = false
      return this.#endLine(line)
    }
    if (byte === CR) {
      this.#hasCr = true
      return true
    }
    this.#line += String.fromCharCode(byte)
    return byte !== LF && this.#line.length <= LINE_CHARS_MAX
  }

  #endLine(line: string): boolean {
    if (this.#phase === 'after-data') {
      this.#phase = 'size'
      return line === ''
    }
    if (this.#phase === 'trailer') {
      if (line === '') this.#phase = 'done'
      this.#trailerLines += 1
      return line === '' || (TRAILER_LINE.test(line) && this.#trailerLines <= TRAILER_LINES_MAX)
    }
    const size = SIZE_LINE.exec(line)?.[1]
    if (size === undefined) return false
    this.#dataLeft = Number.parseInt(size, 16)
    this.#phase = this.#dataLeft === 0 ? 'trailer' : 'data'
    return true
  }
}
