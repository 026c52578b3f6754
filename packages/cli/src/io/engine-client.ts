import http from 'node:http'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'

/** A ping that takes longer tells of an engine that hangs. */
const CALL_MS_MAX = 5_000

/** Starting, stopping and importing wait for disks and for the container itself. */
const SLOW_MS_MAX = 60_000

const ANSWER_BYTES_MAX = 8 * 1024 * 1024

/** The few calls that the demo and doctor make; watching the engine is the agent's business. */
export interface EngineClient {
  readonly address: string
  version(): Promise<EngineVersion>
  hasImage(reference: string): Promise<boolean>
  /** Makes an image out of a tar of its files; `changes` as in a Dockerfile. */
  importImage(image: ImageSource): Promise<void>
  /** Has the engine fetch an image; the simulated one makes an empty image of that name. */
  pullImage(repository: string, tag: string): Promise<void>
  /** Creates and starts. */
  run(container: ContainerSpec): Promise<{ readonly id: string }>
  /** When the engine says it started, ms since 1970; asked of its events in this span. */
  startEventMs(id: string, sinceMs: number, untilMs: number): Promise<number>
  stop(id: string, graceSeconds: number): Promise<void>
  /** Removes every container with this label, running or not; how many there were. */
  removeLabelled(label: string): Promise<number>
  removeImage(reference: string): Promise<void>
}

export interface EngineVersion {
  readonly version: string
  readonly apiVersion: string
}

export interface ImageSource {
  readonly repository: string
  readonly tag: string
  readonly changes: readonly string[]
  readonly tar: Readable
}

export interface ContainerSpec {
  readonly name: string
  readonly image: string
  readonly labels: Readonly<Record<string, string>>
  readonly env: readonly string[]
  readonly port: number
}

const Version = z.object({ Version: z.string(), ApiVersion: z.string() })
const Created = z.object({ Id: z.string() })
const Listed = z.array(z.object({ Id: z.string() }))
const Event = z.object({ timeNano: z.number() })

/** @param dockerHost as in `DOCKER_HOST`: `unix:///path` or `tcp://host:port` without TLS. */
export function createEngineClient(dockerHost: string): EngineClient {
  const target = targetOf(dockerHost)
  const call = (request: EngineCall): Promise<EngineAnswer> =>
    callEngine(dockerHost, target, request)
  return {
    address: dockerHost,
    async version() {
      const { text } = await call({ method: 'GET', path: '/version' })
      const { Version: version, ApiVersion: apiVersion } = read(Version, text)
      return { version, apiVersion }
    },
    async hasImage(reference) {
      const path = `/images/${encodeURIComponent(reference)}/json`
      return (await call({ method: 'GET', path, allowed: [404] })).status === 200
    },
    async importImage({ repository, tag, changes, tar }) {
      const query = new URLSearchParams({ fromSrc: '-', repo: repository, tag })
      for (const change of changes) query.append('changes', change)
      const path = `/images/create?${query.toString()}`
      const { text } = await call({ method: 'POST', path, tar, msMax: SLOW_MS_MAX })
      if (text.includes('"error"')) throw answerError(path, text)
    },
    async pullImage(repository, tag) {
      const query = new URLSearchParams({ fromImage: repository, tag })
      const path = `/images/create?${query.toString()}`
      await call({ method: 'POST', path, msMax: SLOW_MS_MAX })
    },
    run: (container) => runContainer(call, container),
    async startEventMs(id, sinceMs, untilMs) {
      const query = new URLSearchParams({
        since: (sinceMs / 1_000).toFixed(3),
        until: (untilMs / 1_000).toFixed(3),
        filters: JSON.stringify({ container: [id], event: ['start'] }),
      })
      const { text } = await call({ method: 'GET', path: `/events?${query.toString()}` })
      const [line = ''] = text.split('\n')
      return read(Event, line).timeNano / 1_000_000
    },
    async stop(id, graceSeconds) {
      const path = `/containers/${id}/stop?t=${graceSeconds}`
      await call({ method: 'POST', path, allowed: [304, 404], msMax: SLOW_MS_MAX })
    },
    async removeLabelled(label) {
      const query = new URLSearchParams({ all: '1', filters: JSON.stringify({ label: [label] }) })
      const { text } = await call({ method: 'GET', path: `/containers/json?${query.toString()}` })
      const ours = read(Listed, text)
      for (const { Id } of ours) {
        const path = `/containers/${Id}?force=1&v=1`
        await call({ method: 'DELETE', path, allowed: [404, 409], msMax: SLOW_MS_MAX })
      }
      return ours.length
    },
    async removeImage(reference) {
      const path = `/images/${encodeURIComponent(reference)}`
      await call({ method: 'DELETE', path, allowed: [404, 409], msMax: SLOW_MS_MAX })
    },
  }
}

type Call = (request: EngineCall) => Promise<EngineAnswer>

async function runContainer(
  call: Call,
  { name, image, labels, env, port }: ContainerSpec,
): Promise<{ id: string }> {
  const body = {
    Image: image,
    Labels: labels,
    Env: env,
    ExposedPorts: { [`${port}/tcp`]: {} },
  }
  const path = `/containers/create?name=${encodeURIComponent(name)}`
  const created = await call({ method: 'POST', path, body, msMax: SLOW_MS_MAX })
  const { Id: id } = read(Created, created.text)
  await call({ method: 'POST', path: `/containers/${id}/start`, msMax: SLOW_MS_MAX })
  return { id }
}

interface EngineCall {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  readonly tar?: Readable
  /** Failures that are answers. */
  readonly allowed?: readonly number[]
  readonly msMax?: number
}

interface EngineAnswer {
  readonly status: number
  readonly text: string
}

function targetOf(dockerHost: string): http.RequestOptions {
  if (dockerHost.startsWith('unix://')) return { socketPath: dockerHost.slice('unix://'.length) }
  const tcp = /^tcp:\/\/\[?([^\]]+?)\]?:(\d+)\/?$/.exec(dockerHost)
  if (tcp === null) {
    throw new RoadsteadError('bad-config', {
      DOCKER_HOST: `${dockerHost} is neither unix:///path nor tcp://host:port`,
    })
  }
  return { host: tcp[1], port: tcp[2] }
}

async function callEngine(
  address: string,
  target: http.RequestOptions,
  { method, path, body, tar, allowed = [], msMax = CALL_MS_MAX }: EngineCall,
): Promise<EngineAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<EngineAnswer>()
  const text = body === undefined ? '' : JSON.stringify(body)
  const headers = {
    host: 'engine',
    ...(tar === undefined ? {} : { 'content-type': 'application/x-tar' }),
    ...(text === '' ? {} : { 'content-type': 'application/json' }),
    ...(tar === undefined ? { 'content-length': Buffer.byteLength(text) } : {}),
  }
  const signal = AbortSignal.timeout(msMax)
  const request = http.request({ ...target, method, path, headers, signal }, (reply) => {
    let received = ''
    reply.setEncoding('utf8').on('error', reject)
    reply.on('data', (chunk: string) => {
      received += chunk
      if (received.length > ANSWER_BYTES_MAX) reply.destroy(new Error('an answer without end'))
    })
    reply.on('end', () => resolve({ status: reply.statusCode ?? 0, text: received }))
  })
  request.on('error', reject)
  if (tar === undefined) request.end(text)
  else tar.on('error', (error) => request.destroy(error)).pipe(request)
  const answer = await promise.catch((cause: unknown) => {
    throw engineError(address, cause)
  })
  if (answer.status < 400 || allowed.includes(answer.status)) return answer
  throw answerError(path, answer.text)
}

function engineError(address: string, cause: unknown): RoadsteadError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'EACCES') return new RoadsteadError('engine-forbidden', { address }, { cause })
  return new RoadsteadError('engine-unreachable', { address }, { cause })
}

function answerError(path: string, text: string): RoadsteadError {
  return new RoadsteadError('engine-answer', {
    path: path.slice(0, 80),
    answer: text.slice(0, 200),
  })
}

function read<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> {
  const parsed = schema.safeParse(JSON.parse(text))
  if (!parsed.success) throw answerError('', text)
  return parsed.data
}
