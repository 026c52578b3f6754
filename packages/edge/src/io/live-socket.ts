import http from 'node:http'
import type { LiveEntry, LiveStep, LiveTable, Pushed } from '../core/live/live-table.ts'

/**
 * So many entries keep a worker busy for some 0.5 ms, and a visitor may meet a chunk at each of the
 * three moments when his request needs that worker. Half as many cost the push a tenth of its time.
 */
const CHUNK_STEPS_MAX = 500
/** nginx takes 512 KB at once. */
const CHUNK_CHARS_MAX = 256 * 1024
/** A nginx that takes longer to answer one chunk is not serving visitors either. */
const CHUNK_MS = 2_000
/** The answer for in-flight counts is the longest: 50 bytes a name. */
const ANSWER_CHARS_MAX = 4 * 1024 * 1024
/** What separates `<from>` or `<to>` that belong to another chunk. */
const ELSEWHERE = '-'

interface LiveSocketParams {
  readonly path: string
  /** Names a push, so that nginx tells the chunks of two apart. */
  readonly newToken: () => string
}

/** The memory of the running nginx, by HTTP over its control socket. */
export class LiveSocket implements LiveTable {
  readonly #params: LiveSocketParams

  constructor(params: LiveSocketParams) {
    this.#params = params
  }

  async push(steps: readonly LiveStep[], from: string, to: string): Promise<Pushed> {
    return this.#send('push', linesOf(steps, lineOf), from, to)
  }

  async replace(entries: Iterable<LiveEntry>, to: string): Promise<Pushed> {
    return this.#send('replace', linesOf(entries, lineOfEntry), 'any', to)
  }

  async inFlight(
    asked: ReadonlySet<string> | undefined,
  ): Promise<ReadonlyMap<string, number> | undefined> {
    const where = { socketPath: this.#params.path, path: '/in-flight', agent: false } as const
    const answer =
      asked === undefined
        ? await ask(where)
        : await ask({ ...where, method: 'POST' }, [...asked].join('\n'))
    return countsOf(answer)
  }

  async waiting(): Promise<number | undefined> {
    const where = { socketPath: this.#params.path, path: '/waiting', agent: false } as const
    const counts = countsOf(await ask(where))
    return counts && [...counts.values()].reduce((sum, count) => sum + count, 0)
  }

  async setClosing(closing: boolean): Promise<boolean> {
    const where = { socketPath: this.#params.path, path: '/closing', agent: false } as const
    return (await ask({ ...where, method: 'POST' }, closing ? 'on' : 'off'))?.status === 200
  }

  /** Counts since the last look: see `lua/roadstead_requests.lua`. */
  async readRequests(from: string): Promise<string | undefined> {
    const where = { socketPath: this.#params.path, path: '/requests', agent: false } as const
    const answer = await ask({ ...where, method: 'POST' }, from)
    return answer?.status === 200 ? answer.text : undefined
  }

  async #send(
    kind: 'push' | 'replace',
    lines: Iterable<string>,
    from: string,
    to: string,
  ): Promise<Pushed> {
    const token = this.#params.newToken()
    const chunks = inChunks(lines)
    // A connection of its own, kept for all chunks: they follow one another within one worker.
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    const where = {
      socketPath: this.#params.path,
      path: '/entries',
      agent,
      method: 'POST',
    } as const
    let chunk = chunks.next()
    let ahead = chunks.next()
    try {
      for (let base = from; chunk.done !== true; base = ELSEWHERE) {
        const goal = ahead.done === true ? to : ELSEWHERE
        let next = ahead
        const answer = await ask(where, `${token} ${kind} ${base} ${goal}\n${chunk.value}`, () => {
          // The one after the next is put together while nginx takes this one.
          next = chunks.next()
        })
        if (answer?.status !== 200) return failed(answer)
        chunk = ahead
        ahead = next
      }
    } finally {
      agent.destroy()
    }
    return { kind: 'pushed' }
  }
}

function failed(answer: Answer | undefined): Pushed {
  if (answer === undefined) return { kind: 'unreachable' }
  if (answer.status === 409) return { kind: 'other-base' }
  return { kind: 'refused', detail: `${answer.text} (${answer.status})` }
}

function lineOf(step: LiveStep): string {
  return step.kind === 'set' ? lineOfEntry([step.key, step.value]) : `-${step.key}`
}

function lineOfEntry([key, value]: LiveEntry): string {
  return `+${key} ${value}`
}

/** One after the other, when it is asked for. */
function* linesOf<Item>(items: Iterable<Item>, line: (item: Item) => string): Generator<string> {
  for (const item of items) yield line(item)
}

/** At least one chunk: nothing may change but the name. */
function* inChunks(lines: Iterable<string>): Generator<string, undefined> {
  let text = ''
  let steps = 0
  for (const line of lines) {
    if (steps === CHUNK_STEPS_MAX || text.length + line.length > CHUNK_CHARS_MAX) {
      yield text
      text = ''
      steps = 0
    }
    text += steps === 0 ? line : `\n${line}`
    steps += 1
  }
  yield text
}

/** Undefined when it is not all of it. */
function countsOf(answer: Answer | undefined): ReadonlyMap<string, number> | undefined {
  const lines = answer?.text.split('\n') ?? []
  if (answer?.status !== 200 || lines.at(-2) !== 'end') return undefined
  return new Map(lines.slice(0, -2).map(countOf))
}

function countOf(line: string): readonly [string, number] {
  const blank = line.lastIndexOf(' ')
  return [line.slice(0, blank), Number(line.slice(blank + 1))]
}

interface Answer {
  readonly status: number
  readonly text: string
}

/** Undefined when nobody answers in time. */
function ask(
  options: http.RequestOptions,
  text = '',
  whenSent = (): void => undefined,
): Promise<Answer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Answer | undefined>()
  const body = Buffer.from(text, 'latin1')
  const headers = { host: 'roadstead', 'content-length': body.length }
  const request = http.request({ ...options, headers, timeout: CHUNK_MS }, (response) => {
    let text = ''
    response.setEncoding('latin1')
    response.on('data', (part: string) => {
      text += part
      if (text.length > ANSWER_CHARS_MAX) request.destroy()
    })
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    response.on('close', () => resolve(undefined))
  })
  request.on('timeout', () => request.destroy())
  request.on('close', () => resolve(undefined))
  request.on('error', () => resolve(undefined))
  request.on('finish', whenSent)
  request.end(body)
  return promise
}
