import { connect, type Socket } from 'node:net'
import {
  parseRequestHead,
  parseResponseHead,
  type RequestHead,
  type ResponseHead,
} from '../core/http/head.ts'
import { MessageReader } from '../core/http/message-reader.ts'

/** What a client may send ahead of its turn; after it, it is simply not read from. */
const AHEAD_BYTES_MAX = 64 * 1024
/** How long a client may take to read why it was refused; what it still sends is thrown away. */
const FAREWELL_MS = 2_000

/** Who says which requests have to wait. */
export interface Gate {
  consider(head: RequestHead): Held | undefined
}

interface Held {
  released(signal: AbortSignal): Promise<void>
  over(): void
}

/**
 * Where the client's side is: before a head; waiting to be released; passing a body; all of the
 * request passed, its answer not; a pipe that nobody reads; or nothing goes on to the engine any more.
 */
type Phase = 'head' | 'held' | 'body' | 'answer' | 'raw' | 'closed'

/**
 * One connection of a client to the engine, passed through byte for byte in both directions.
 *
 * It takes one request at a time: the next head is looked at when the answer to the one before has
 * ended, which is when the engine would look at it, too. Only so is it known what an answer belongs
 * to, and whether what a client sends next is a request at all: after an upgrade it is not.
 */
export class Relay {
  readonly #client: Socket
  readonly #engine: Socket
  readonly #gate: Gate
  readonly #requests = new MessageReader<RequestHead>(parseRequestHead)
  readonly #answers = new MessageReader<ResponseHead>((text) =>
    parseResponseHead(text, this.#method),
  )
  readonly #gone = new AbortController()
  #phase: Phase = 'head'
  #answer: 'none' | 'awaited' | 'interim' | 'begun' | 'ended' = 'none'
  #method = ''
  #held: Held | undefined
  #clientEnded = false
  #isRefused = false

  constructor(client: Socket, enginePath: string, gate: Gate) {
    this.#client = client
    this.#gate = gate
    this.#engine = connect({ path: enginePath, allowHalfOpen: true })
    this.#listen()
  }

  /** Ends it in the middle of whatever it does. */
  destroy(): void {
    this.#client.destroy()
    this.#engine.destroy()
  }

  #listen(): void {
    const client = this.#client
    const engine = this.#engine
    client.on('data', (bytes) => this.#fromClient(bytes))
    client.on('end', () => this.#onClientEnd())
    client.on('drain', () => engine.resume())
    client.on('error', () => this.destroy())
    client.on('close', () => this.#onClientClose())
    engine.on('data', (bytes) => this.#fromEngine(bytes))
    engine.on('end', () => this.#onEngineEnd())
    engine.on('drain', () => this.#steer())
    engine.on('error', () => this.#onEngineError())
    engine.on('close', () => this.#onEngineClose())
  }

  #fromClient(bytes: Buffer): void {
    if (this.#phase === 'closed') return
    if (this.#phase === 'raw') this.#engine.write(bytes)
    else this.#requests.push(bytes)
    this.#advance()
  }

  /** Passes on as much of what the client has sent as its turn allows. */
  #advance(): void {
    while (this.#phase === 'head' || this.#phase === 'body') {
      const part = this.#requests.next()
      if (part === undefined) break
      if (part.kind === 'malformed') this.#refuse(part.problem)
      else if (part.kind === 'body') this.#engine.write(part.bytes)
      else if (part.kind === 'head') this.#begin(part.head, part.bytes)
      else this.#settle('answer')
    }
    if (this.#clientEnded && (this.#phase !== 'answer' || this.#requests.waitingBytes === 0)) {
      this.#engine.end()
    }
    this.#steer()
  }

  #begin(head: RequestHead, bytes: Uint8Array): void {
    this.#method = head.method
    this.#answer = 'awaited'
    this.#held = this.#gate.consider(head)
    if (this.#held === undefined) this.#pass(bytes)
    else void this.#hold(this.#held, bytes)
  }

  async #hold(held: Held, bytes: Uint8Array): Promise<void> {
    this.#phase = 'held'
    await held.released(this.#gone.signal)
    if (this.#phase !== 'held' || this.#gone.signal.aborted) return
    this.#pass(bytes)
    this.#advance()
  }

  #pass(head: Uint8Array): void {
    this.#phase = 'body'
    this.#engine.write(head)
  }

  #fromEngine(bytes: Buffer): void {
    if (!this.#client.write(bytes)) this.#engine.pause()
    if (this.#phase === 'raw' || this.#phase === 'closed') return
    // Said without being asked: a farewell. What the client sends now, the engine will not read.
    if (this.#answer === 'none' || this.#answer === 'ended') {
      this.#phase = 'closed'
      return
    }
    this.#answers.push(bytes)
    for (let part = this.#answers.next(); part !== undefined; part = this.#answers.next()) {
      if (part.kind === 'head') this.#onAnswerHead(part.head)
      else if (part.kind === 'end') this.#onAnswerEnd()
      else if (part.kind === 'malformed') this.#phase = 'closed'
      if (this.#isRead()) return
    }
  }

  /** A pipe, or an end: there is nothing more to read from the engine's side. */
  #isRead(): boolean {
    return this.#phase === 'raw' || this.#phase === 'closed'
  }

  #onAnswerHead({ status, framing }: ResponseHead): void {
    if (status < 200 && status !== 101) {
      this.#answer = 'interim'
      return
    }
    this.#answer = 'begun'
    this.#held?.over()
    if (framing.kind !== 'raw') return
    this.#phase = 'raw'
    this.#engine.write(this.#requests.takeRest())
    this.#advance()
  }

  #onAnswerEnd(): void {
    if (this.#answer === 'interim') {
      this.#answer = 'awaited'
      return
    }
    this.#answer = 'ended'
    this.#settle(this.#phase)
  }

  /** Begins the next turn when both the request and its answer have ended. */
  #settle(phase: Phase): void {
    this.#phase = phase
    if (phase !== 'answer' || this.#answer !== 'ended') return
    this.#phase = 'head'
    this.#answer = 'none'
    this.#held = undefined
    this.#advance()
  }

  /** Reads from the client only what can be passed on, or kept. */
  #steer(): void {
    const isWaiting = this.#phase === 'held' || this.#phase === 'answer'
    const isAhead = isWaiting && this.#requests.waitingBytes > AHEAD_BYTES_MAX
    if (this.#engine.writableNeedDrain || isAhead) this.#client.pause()
    else this.#client.resume()
  }

  /** While a request is held, nobody is left who would read its answer. */
  #onClientEnd(): void {
    this.#clientEnded = true
    if (this.#phase === 'held') this.destroy()
    else this.#advance()
  }

  #onClientClose(): void {
    this.#gone.abort()
    this.#held?.over()
    this.#engine.destroy()
  }

  #onEngineEnd(): void {
    if (this.#phase === 'held') this.#onEngineError()
    else this.#client.end()
  }

  #onEngineError(): void {
    if (this.#answer === 'begun' || this.#phase === 'raw') this.destroy()
    else this.#farewell(502, 'the Docker Engine behind this socket does not answer')
  }

  #onEngineClose(): void {
    if (!this.#isRefused) this.#client.destroySoon()
  }

  #refuse(problem: string): void {
    this.#engine.destroy()
    if (this.#answer === 'begun') this.#client.destroy()
    else this.#farewell(400, `not passed on to the engine: ${problem}`)
  }

  /** In the words in which an engine says that something is wrong. */
  #farewell(status: 400 | 502, message: string): void {
    this.#phase = 'closed'
    this.#isRefused = true
    const body = JSON.stringify({ message })
    const reason = status === 400 ? 'Bad Request' : 'Bad Gateway'
    const head = [
      `HTTP/1.1 ${status} ${reason}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
    ]
    this.#client.end(`${head.join('\r\n')}\r\n\r\n${body}`)
    // Closed with something unread, the client would see a reset and not the reason.
    this.#client.resume()
    this.#client.setTimeout(FAREWELL_MS, () => this.#client.destroy())
  }
}
