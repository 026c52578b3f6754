import { randomBytes } from 'node:crypto'
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Visit {
  readonly host: string
  readonly port: number
  readonly domain: string
  readonly path?: string
  /** Who may answer, by container name. Asked at each answer, since a test changes its mind. */
  readonly by?: () => readonly string[]
}

export interface Manner {
  /** Requests under way at once, each on a connection of its own. */
  readonly atOnce?: number
  readonly pauseMs?: number
  /** Only POST, instead of GET and POST in turn. */
  readonly posts?: boolean
}

/** What a visitor met. `failures` by kind: `ECONNRESET`, `status 502`, `answered by x`, … */
export interface Report {
  readonly requests: number
  readonly failures: Readonly<Record<string, number>>
  /** How often each container answered. */
  readonly answers: Readonly<Record<string, number>>
  /** Ids of the POSTs that were answered as they should be, and of the others. */
  readonly posts: { readonly done: readonly string[]; readonly failed: readonly string[] }
  readonly slowestMs: number
}

const ANSWER_MS_MAX = 15_000
/** A single look at a domain: a test asks again soon. */
const LOOK_MS_MAX = 1_000
/** Often enough to fall into a gap of 10 ms, and little enough for two cores. */
const PAUSE_MS = 8
export const VISITS_AT_ONCE = 2

/**
 * Somebody who visits again and again, and counts what goes wrong. He never tries a request twice.
 *
 * `A` opens a connection for each request. `B` keeps his connections, and alternates GET and POST:
 * what he loses, a browser would lose. Every POST of his carries an id of its own as its body.
 */
export class Visitor implements AsyncDisposable {
  readonly #visit: Visit
  readonly #agent: http.Agent
  readonly #kind: 'A' | 'B'
  readonly #manner: Manner
  readonly #name = randomBytes(4).toString('hex')
  readonly #stop = new AbortController()
  readonly #loops: Promise<void>[]
  readonly #failures = new Map<string, number>()
  readonly #answers = new Map<string, number>()
  readonly #posts = { done: [] as string[], failed: [] as string[] }
  #requests = 0
  #slowestMs = 0

  private constructor(kind: 'A' | 'B', visit: Visit, manner: Manner) {
    const { atOnce = VISITS_AT_ONCE } = manner
    this.#kind = kind
    this.#visit = visit
    this.#manner = manner
    this.#agent = new http.Agent({ keepAlive: kind === 'B', maxSockets: atOnce })
    this.#loops = Array.from({ length: atOnce }, () => this.#loop())
  }

  static a(visit: Visit, manner: Manner = {}): Visitor {
    return new Visitor('A', visit, manner)
  }

  static b(visit: Visit, manner: Manner = {}): Visitor {
    return new Visitor('B', visit, manner)
  }

  report(): Report {
    return {
      requests: this.#requests,
      failures: Object.fromEntries(this.#failures),
      answers: Object.fromEntries(this.#answers),
      posts: { done: [...this.#posts.done], failed: [...this.#posts.failed] },
      slowestMs: Math.round(this.#slowestMs),
    }
  }

  /** Ends the visits, lets those under way finish, and says what they came to. */
  async leave(): Promise<Report> {
    this.#stop.abort()
    await Promise.all(this.#loops)
    this.#agent.destroy()
    return this.report()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave()
  }

  async #loop(): Promise<void> {
    const { posts = false, pauseMs = PAUSE_MS } = this.#manner
    while (!this.#stop.signal.aborted) {
      this.#requests += 1
      const id = `${this.#name}-${this.#requests}`
      const isPost = posts || (this.#kind === 'B' && this.#requests % 2 === 0)
      const beganMs = performance.now()
      const answer = await ask(this.#visit, isPost ? id : undefined, this.#agent, ANSWER_MS_MAX)
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - beganMs)
      this.#note(answer, isPost ? id : undefined)
      await sleep(pauseMs)
    }
  }

  #note({ failure, by }: Answer, id: string | undefined): void {
    if (by !== undefined) count(this.#answers, by)
    if (failure !== undefined) count(this.#failures, failure)
    if (id !== undefined) this.#posts[failure === undefined ? 'done' : 'failed'].push(id)
  }
}

export interface Answer {
  /** The container that answered. */
  readonly by?: string
  readonly failure?: string
  readonly status?: number
  readonly body?: string
}

/** One visit, over a connection of its own. */
export async function visitOnce(visit: Visit): Promise<Answer> {
  const agent = new http.Agent({ keepAlive: false })
  try {
    return await ask(visit, undefined, agent, LOOK_MS_MAX)
  } finally {
    agent.destroy()
  }
}

/** A GET; or with something to say, a POST. */
function ask(
  visit: Visit,
  says: string | undefined,
  agent: http.Agent,
  withinMs: number,
): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>()
  const { host, port, path = '/', domain } = visit
  const method = says === undefined ? 'GET' : 'POST'
  const headers = { host: domain }
  const request = http.request({ host, port, path, method, headers, agent }, (response) => {
    let body = ''
    response.setEncoding('utf8').on('data', (text: string) => (body += text))
    response.on('error', (error) => resolve({ failure: codeOf(error) }))
    response.on('end', () => resolve(judge(visit, response, body)))
  })
  request.setTimeout(withinMs, () => request.destroy(new Error('no answer')))
  request.on('error', (error) => resolve({ failure: codeOf(error) }))
  request.end(says)
  return promise
}

function judge(visit: Visit, response: http.IncomingMessage, body: string): Answer {
  const status = response.statusCode ?? 0
  if (status !== 200) return { failure: `status ${status}`, status, body }
  const header = response.headers['x-container']
  const by =
    typeof header === 'string' ? header : (/^container: (\S+)$/m.exec(body)?.[1] ?? 'nobody')
  const allowed = visit.by?.() ?? [by]
  if (!allowed.includes(by)) return { failure: `answered by ${by}`, by, status, body }
  return { by, status, body }
}

function codeOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
