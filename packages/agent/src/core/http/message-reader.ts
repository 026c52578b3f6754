import { ChunkedBody } from './chunked.ts'
import { type Framing, HEAD_BYTES_MAX, type Parsed } from './head.ts'

/** A piece of a stream of messages. All `bytes`, one after the other, are what was put in. */
export type Part<Head> =
  | { readonly kind: 'head'; readonly head: Head; readonly bytes: Uint8Array }
  | { readonly kind: 'body'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'malformed'; readonly problem: string }

const CR = 13
const LF = 10
const NOTHING = new Uint8Array()

/**
 * Cuts one direction of a connection into heads and bodies, however its bytes arrive. It is asked for
 * one piece at a time, so whoever asks may stop before a head and go on later.
 */
export class MessageReader<Head extends { readonly framing: Framing }> {
  readonly #parse: (text: string) => Parsed<Head>
  #waiting: Uint8Array = NOTHING
  /** What waits may be the beginning of this, and then more can be put behind it. */
  #room: Uint8Array = NOTHING
  /** Up to where the waiting bytes were searched for the end of a head. */
  #searched = 0
  #body: ChunkedBody | { left: number } | undefined

  /** @param parse reads a head without its empty line, one character per byte. */
  constructor(parse: (text: string) => Parsed<Head>) {
    this.#parse = parse
  }

  /** Bytes that were put in and not yet given out. */
  get waitingBytes(): number {
    return this.#waiting.length
  }

  push(bytes: Uint8Array): void {
    const waiting = this.#waiting
    if (waiting.length === 0) {
      this.#waiting = bytes
      return
    }
    const length = waiting.length + bytes.length
    const begin = waiting.buffer === this.#room.buffer ? waiting.byteOffset : this.#room.length
    if (begin + length <= this.#room.length) {
      this.#room.set(bytes, begin + waiting.length)
      this.#waiting = this.#room.subarray(begin, begin + length)
      return
    }
    // Twice as much, so that whatever comes in pieces, be they single bytes, is copied twice at most.
    this.#room = new Uint8Array(2 * length)
    this.#room.set(waiting)
    this.#room.set(bytes, waiting.length)
    this.#waiting = this.#room.subarray(0, length)
  }

  /** The next piece; undefined when it takes more bytes to tell. */
  next(): Part<Head> | undefined {
    if (this.#body === undefined) return this.#nextHead()
    const isDone = this.#body instanceof ChunkedBody ? this.#body.isDone : this.#body.left === 0
    if (isDone) {
      this.#body = undefined
      return { kind: 'end' }
    }
    return this.#waiting.length === 0 ? undefined : this.#nextOfBody(this.#body)
  }

  /** Everything that waits, for a connection that has become a pipe. */
  takeRest(): Uint8Array {
    return this.#take(this.#waiting.length)
  }

  #nextHead(): Part<Head> | undefined {
    const end = this.#endOfHead()
    if (end === undefined) {
      const isTooLong = this.#waiting.length > HEAD_BYTES_MAX
      return isTooLong ? { kind: 'malformed', problem: 'the head is too long' } : undefined
    }
    if (end === 'bare line feed') return { kind: 'malformed', problem: `there is a ${end}` }
    const parsed = this.#parse(asText(this.#waiting.subarray(0, end - 4)))
    if (parsed.kind === 'malformed') return parsed
    const { framing } = parsed.head
    this.#body =
      framing.kind === 'chunked'
        ? new ChunkedBody()
        : { left: framing.kind === 'length' ? framing.bytes : 0 }
    return { kind: 'head', head: parsed.head, bytes: this.#take(end) }
  }

  /** Just past the empty line. A line feed alone would end a line for some and not for others. */
  #endOfHead(): number | 'bare line feed' | undefined {
    const bytes = this.#waiting
    for (let at = bytes.indexOf(LF, this.#searched); at >= 0; at = bytes.indexOf(LF, at + 1)) {
      if (bytes[at - 1] !== CR) return 'bare line feed'
      if (bytes[at - 2] === LF && bytes[at - 3] === CR) return at + 1
    }
    this.#searched = bytes.length
    return undefined
  }

  #nextOfBody(body: ChunkedBody | { left: number }): Part<Head> {
    if (body instanceof ChunkedBody) {
      const length = body.advance(this.#waiting)
      if (length === undefined) return { kind: 'malformed', problem: 'the body is not in chunks' }
      return { kind: 'body', bytes: this.#take(length) }
    }
    const length = Math.min(body.left, this.#waiting.length)
    body.left -= length
    return { kind: 'body', bytes: this.#take(length) }
  }

  #take(length: number): Uint8Array {
    const taken = this.#waiting.subarray(0, length)
    this.#waiting = this.#waiting.subarray(length)
    if (this.#waiting.length === 0) this.#waiting = this.#room = NOTHING
    this.#searched = 0
    return taken
  }
}

/** One character per byte; in steps, because a call takes only so many arguments. */
function asText(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8_192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8_192))
  }
  return text
}
