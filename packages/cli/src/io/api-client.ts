import type { z } from 'zod'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { LeaderView, Problem } from '@roadstead/shared/protocol/http.ts'
import { reachableAddress } from '../core/reachable-address.ts'
import { ServerProblem } from './server-problem.ts'

/** A master answers from memory; whatever takes longer is stuck. */
const ANSWER_MS_MAX = 10_000

export interface ApiRequest<Schema extends z.ZodType> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** From `/api/v1` on, for example `/hosts`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** `ETag` of what the request is to replace. */
  readonly instead?: string | undefined
  readonly answer: Schema
}

export interface ApiClient {
  /** Asks the first master that answers; a write goes on to the leader when that one is a standby. */
  ask<Schema extends z.ZodType>(request: ApiRequest<Schema>): Promise<z.output<Schema>>
  /** The master that answered last; before that, the first one there is. */
  server(): string
}

/**
 * @param servers base addresses, tried in this order; the first that answers at all is kept.
 * @throws ServerProblem when a master says no, `master-unreachable` when none answers.
 */
export function createApiClient(
  servers: readonly string[],
  token: string | undefined,
  signal: AbortSignal,
): ApiClient {
  let current = servers[0] ?? ''
  return { ask, server: () => current }

  async function ask<Schema extends z.ZodType>(
    request: ApiRequest<Schema>,
  ): Promise<z.output<Schema>> {
    const first = await firstAnswer(request)
    const answer = isStandby(first) ? await fromLeader(request, first) : first
    return readAnswer(request, answer)
  }

  async function firstAnswer(request: ApiRequest<z.ZodType>): Promise<Answer> {
    const tried: string[] = []
    let cause: unknown
    for (const server of [current, ...servers.filter((it) => it !== current)]) {
      try {
        const answer = await send(server, request, token, signal)
        current = server
        return answer
      } catch (error) {
        if (signal.aborted) throw error
        tried.push(server)
        cause = error
      }
    }
    throw new RoadsteadError('master-unreachable', { tried }, { cause })
  }

  async function fromLeader(request: ApiRequest<z.ZodType>, standby: Answer): Promise<Answer> {
    const leader = await send(
      standby.server,
      { method: 'GET', path: '/leader', answer: LeaderView },
      token,
      signal,
    )
    if (leader.status !== 200) return standby
    const told = LeaderView.parse(JSON.parse(leader.text)).url
    const url = reachableAddress(told, standby.server)
    current = url
    return send(url, request, token, signal)
  }
}

interface Answer {
  readonly server: string
  readonly status: number
  readonly text: string
}

async function send(
  server: string,
  request: ApiRequest<z.ZodType>,
  token: string | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const url = new URL(`${server.replace(/\/$/, '')}/api/v1${request.path}`)
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value)
  const response = await fetch(url, {
    method: request.method,
    headers: {
      accept: 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(request.instead === undefined ? {} : { 'if-match': `"${request.instead}"` }),
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]),
  })
  return { server, status: response.status, text: await response.text() }
}

function readAnswer<Schema extends z.ZodType>(
  request: ApiRequest<Schema>,
  { server, status, text }: Answer,
): z.output<Schema> {
  if (status >= 400) throw problemOf(server, status, text)
  const parsed = request.answer.safeParse(text === '' ? undefined : parseJson(text))
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') ?? ''
    throw new RoadsteadError('internal', { server, path: request.path, field, status })
  }
  return parsed.data
}

function isStandby({ status, text }: Answer): boolean {
  if (status !== 409) return false
  return Problem.safeParse(parseJson(text)).data?.code === 'not-leader'
}

function problemOf(server: string, status: number, text: string): Error {
  const problem = Problem.safeParse(parseJson(text))
  if (problem.success) return new ServerProblem(problem.data, server)
  return new RoadsteadError('master-unreachable', { server, status, answer: text.slice(0, 80) })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
