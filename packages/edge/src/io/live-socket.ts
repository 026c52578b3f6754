import http from 'node:http'
import type { LiveEntries, LiveStep, LiveTable, Pushed } from '../core/live/live-table.ts'

/** So many entries keep a worker busy for some 1.5 ms; visitors of that worker wait as long. */
const CHUNK_STEPS_MAX = 1_000
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
    return this.#send('push', steps.map(lineOf), from, to)
  }

  async replace(entries: LiveEntries, to: string): Promise<Pushed> {
    return this.#send('replace', Array.from(entries, lineOfEntry), 'any', to)
  }

  async inFlight(): Promise<ReadonlyMap<string, number> | undefined> {
    const answer = await ask({ socketPath: this.#params.path, path: '/in-flight', agent: false })
    const lines = answer?.text.split('\n') ?? []
    if (answer?.status !== 200 || lines.at(-2) !== 'end') return undefined
    return new Map(lines.slice(0, -2).map(countOf))
  }

  async setClosing(closing: boolean): Promise<boolean> {
    const where = { socketPath: this.#params.path, path: '/closing', agent: false } as const
    return (await ask({ ...where, method: 'POST' }, closing ? 'on' : 'off'))?.status === 200
  }

  async #send(
    kind: 'push' | 'replace',
    lines: readonly string[],
    from: string,
    to: string,
  ): Promise<Pushed> {
    const token = this.#params.newToken()
    const chunks = inChunks(lines)
    // A connection of its own, kept for all chunks: they follow one another within one worker.
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    try {
      for (const [at, chunk] of chunks.entries()) {
        const base = at === 0 ? from : ELSEWHERE
        const goal = at === chunks.length - 1 ? to : ELSEWHERE
        const body = `${token} ${kind} ${base} ${goal}\n${chunk}`
        const where = { socketPath: this.#params.path, path: '/entries', agent } as const
        const answer = await ask({ ...where, method: 'POST' }, body)
        if (answer?.status !== 200) return failed(answer)
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

function lineOfEntry([key, value]: readonly [string, string]): string {
  return `+${key} ${value}`
}

/** At least one chunk: nothing may change but the name. */
function inChunks(lines: readonly string[]): readonly string[] {
  const chunks: string[] = []
  let part: string[] = []
  let chars = 0
  for (const line of lines) {
    if (part.length === CHUNK_STEPS_MAX || chars + line.length > CHUNK_CHARS_MAX) {
      chunks.push(part.join('\n'))
      part = []
      chars = 0
    }
    part.push(line)
    chars += line.length + 1
  }
  return [...chunks, part.join('\n')]
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
function ask(options: http.RequestOptions, body = ''): Promise<Answer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Answer | undefined>()
  const headers = { host: 'roadstead', 'content-length': Buffer.byteLength(body) }
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
  request.end(body)
  return promise
}
