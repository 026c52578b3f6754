import http from 'node:http'
import { connect } from 'node:net'
import { z } from 'zod'

/** An engine that takes longer than this for one answer is taken for silent. */
const ANSWER_MS = 5_000
/** Of a container with everything that an engine tells of it. */
const ANSWER_BYTES_MAX = 1024 * 1024

const Inspected = z.object({
  Id: z.string(),
  State: z.object({ Running: z.boolean(), Pid: z.int(), StartedAt: z.string() }),
  HostConfig: z.object({ NetworkMode: z.string().default('') }),
  NetworkSettings: z.object({
    Networks: z.record(z.string(), z.object({ IPAddress: z.string().default('') })).nullish(),
  }),
})
export type Inspected = z.infer<typeof Inspected>

const Created = z.object({ Id: z.string() })
const Ended = z.object({ Running: z.boolean(), ExitCode: z.int().nullish() })
const Top = z.object({ Titles: z.array(z.string()), Processes: z.array(z.array(z.string())) })

interface Executed {
  /** Undefined when it has not ended in time. */
  readonly exitCode: number | undefined
  readonly output: string
}

interface Answer {
  readonly status: number
  readonly text: string
}

/**
 * One container of an engine, spoken to over its unix socket: the few words that an edge needs of it.
 * What cannot be had is undefined, since the next look is never far.
 */
export class EngineSocket {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  /** What keeps it from being spoken to, as a word of the system; undefined when it answers. */
  trouble(): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    const socket = connect(this.path, () => resolve(undefined))
    socket.setTimeout(ANSWER_MS, () => socket.destroy())
    socket.on('error', (error) => resolve('code' in error ? String(error.code) : 'unknown'))
    socket.on('close', () => resolve('timeout'))
    return promise.finally(() => socket.destroy())
  }

  /** By name, so that one that was made anew is found again. */
  async inspect(name: string): Promise<Inspected | undefined> {
    const answer = await this.#ask('GET', `/containers/${encodeURIComponent(name)}/json`)
    return parse(Inspected, answer)
  }

  /** To its first process. */
  async signal(id: string, signal: string): Promise<boolean> {
    const answer = await this.#ask('POST', `/containers/${id}/kill?signal=${signal}`)
    return answer?.status === 204
  }

  /** Command lines of its processes; undefined where the engine cannot tell. */
  async commands(id: string): Promise<readonly string[] | undefined> {
    const top = parse(Top, await this.#ask('GET', `/containers/${id}/top`))
    const at = top?.Titles.findIndex((title) => title === 'CMD' || title === 'COMMAND') ?? -1
    if (top === undefined || at === -1) return undefined
    return top.Processes.map((fields) => fields[at] ?? '')
  }

  /** Runs a program in it, without a shell. Undefined when it could not even begin. */
  async run(id: string, argv: readonly string[], limitMs: number): Promise<Executed | undefined> {
    const wanted = { Cmd: argv, AttachStdout: true, AttachStderr: true, Tty: true }
    const created = parse(Created, await this.#ask('POST', `/containers/${id}/exec`, wanted))
    if (created === undefined) return undefined
    const start = { Detach: false, Tty: true }
    const ran = await this.#ask('POST', `/exec/${created.Id}/start`, start, limitMs)
    const ended = parse(Ended, await this.#ask('GET', `/exec/${created.Id}/json`))
    if (ran?.status !== 200 || ended === undefined) return undefined
    const isOver = !ended.Running && ended.ExitCode !== undefined && ended.ExitCode !== null
    return { exitCode: isOver ? (ended.ExitCode ?? undefined) : undefined, output: ran.text }
  }

  #ask(
    method: string,
    path: string,
    body?: unknown,
    limitMs = ANSWER_MS,
  ): Promise<Answer | undefined> {
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>()
    const sent = body === undefined ? '' : JSON.stringify(body)
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(sent),
    }
    const limit = AbortSignal.timeout(limitMs)
    const way = { socketPath: this.path, agent: false, signal: limit } as const
    const options = { ...way, method, path, headers }
    const request = http.request(options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > ANSWER_BYTES_MAX) request.destroy()
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', () => resolve(undefined))
      response.on('close', () => resolve(undefined))
    })
    request.on('error', () => resolve(undefined))
    request.on('close', () => resolve(undefined))
    request.end(sent)
    return promise
  }
}

function parse<T>(schema: z.ZodType<T>, answer: Answer | undefined): T | undefined {
  if (answer === undefined || answer.status < 200 || answer.status > 299) return undefined
  try {
    return schema.safeParse(JSON.parse(answer.text)).data
  } catch {
    return undefined
  }
}
