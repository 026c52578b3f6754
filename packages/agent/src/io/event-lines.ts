import type { Readable } from 'node:stream'
import { Bell } from '@roadstead/shared/kernel/bell.ts'

/** Events not yet taken. An engine makes at most 10,000 a second; five seconds of them is a fault. */
const LINES_MAX = 50_000
/** Of all those events together; an engine that says more is not to fill the memory of its agent. */
const WAITING_CHARS_MAX = 32 * 1024 * 1024
/** An event carries the labels of its container; a longer line is cut away as unreadable. */
const LINE_CHARS_MAX = 1024 * 1024

interface ArrivedLine {
  readonly text: string
  readonly arrivedAtMs: number
}

/**
 * Reads the event stream as fast as it comes, into memory and nowhere else.
 *
 * An engine waits up to 100 ms for each event that a reader does not take, for all its clients, and
 * then drops it without a word. So nothing in here waits for anything: when the rest of the
 * agent falls behind, everything queued is dropped and `overflowed` says that only a list can help.
 */
export class EventLines {
  readonly #bell = new Bell()
  readonly #stream: Readable
  readonly #decoder = new TextDecoder()
  #lines: ArrivedLine[] = []
  #chars = 0
  #rest = ''
  #isSkipping = false
  #overflowed = false
  #ended = false

  /** @param wallMs the time of arrival, for traces. */
  constructor(stream: Readable, wallMs: () => number) {
    this.#stream = stream
    stream.on('data', (chunk: Uint8Array) => this.#take(chunk, wallMs()))
    // A dying engine ends the stream with an error, a stopping one just closes it.
    stream.on('error', () => this.#end())
    stream.on('close', () => this.#end())
    stream.on('end', () => this.#end())
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Resolves when lines came, or the stream ended, since the last call. */
  arrival(signal: AbortSignal): Promise<void> {
    return this.#bell.rung(signal)
  }

  /** Everything that arrived since the last call. */
  drain(): { readonly lines: readonly ArrivedLine[]; readonly overflowed: boolean } {
    const drained = { lines: this.#lines, overflowed: this.#overflowed }
    this.#lines = []
    this.#chars = 0
    this.#overflowed = false
    if (this.#stream.isPaused()) this.#stream.resume()
    return drained
  }

  #take(chunk: Uint8Array, arrivedAtMs: number): void {
    const parts = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n')
    this.#rest = parts.pop() ?? ''
    for (const text of parts) this.#push(text.trim(), arrivedAtMs)
    if (this.#rest.length > LINE_CHARS_MAX) {
      this.#rest = ''
      this.#isSkipping = true
    }
    this.#bell.ring()
  }

  #push(text: string, arrivedAtMs: number): void {
    if (this.#isSkipping) {
      // The end of a line that was too long: what it said is unknown, so everything is looked at.
      this.#isSkipping = false
      this.#overflowed = true
      return
    }
    if (text === '') return
    if (this.#lines.length >= LINES_MAX || this.#chars > WAITING_CHARS_MAX) {
      this.#lines = []
      this.#chars = 0
      this.#overflowed = true
      // No engine has so much to say; one that goes on is not to take the processor with it.
      this.#stream.pause()
    }
    this.#chars += text.length
    this.#lines.push({ text, arrivedAtMs })
  }

  #end(): void {
    this.#ended = true
    this.#bell.ring()
  }
}
