import http from 'node:http'
import { z } from 'zod'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { FleetContainer } from '../core/simulation/fleet.ts'

/** A step of `/simulated/play`, in the simulated engine's own words. */
export interface PlayStep {
  readonly container: string
  readonly does: 'start' | 'stop' | 'restart' | 'crash' | 'sicken' | 'heal'
}

/** What the engine told meanwhile about containers, whoever it was. */
export interface EngineNews {
  readonly action: string
  readonly id: string
  readonly atMs: number
}

/** The door to one simulated engine in another process, over connections that are kept. */
export interface SimulatedEngine extends Disposable {
  /** Makes it, and does not start it. */
  create(container: FleetContainer, port: number): Promise<string>
  /** Stops it at once, too. */
  remove(container: string): Promise<void>
  /** Resolves when all steps are done. */
  play(steps: readonly PlayStep[]): Promise<readonly EngineNews[]>
  /** Whether it leaves every request of Docker's without an answer. */
  hang(hangs: boolean): Promise<void>
}

const IMAGE = 'roadstead/demo:1'
/** A program goes on serving for so long after its stop signal, as one should that loses nothing. */
const STOP_AFTER_MS = 1_000
/** Health is told by steps alone. */
const NEVER_MS = 3_600_000
/** Stopping takes as long as the program does; a machine that is busy with thousands takes longer. */
const ANSWER_MS_MAX = 60_000
const SOCKETS_MAX = 16

const Created = z.object({ Id: z.string() })
const Played = z.object({
  events: z.array(
    z.object({ type: z.string(), action: z.string(), id: z.string(), timeNano: z.string() }),
  ),
})

export function openSimulatedEngine(socketPath: string): SimulatedEngine {
  const agent = new http.Agent({ keepAlive: true, maxSockets: SOCKETS_MAX })
  const post = async <Schema extends z.ZodType>(
    path: string,
    body: unknown,
    answer: Schema,
  ): Promise<z.output<Schema>> => {
    const text = await ask({ socketPath, agent, path }, JSON.stringify(body))
    const parsed = answer.safeParse(text === '' ? undefined : JSON.parse(text))
    if (parsed.success) return parsed.data
    throw new RoadsteadError('engine-answer', { path, answer: text.slice(0, 200) })
  }
  return {
    async create(container, port) {
      const path = `/containers/create?name=${encodeURIComponent(container.name)}`
      const { Id } = await post(path, requestOf(container, port), Created)
      return Id
    },
    async remove(container) {
      const path = `/containers/${container}?force=1`
      await ask({ socketPath, agent, path, method: 'DELETE' }, '')
    },
    async play(steps) {
      const { events } = await post('/simulated/play', { steps, overMs: 0 }, Played)
      return events
        .filter(({ type }) => type === 'container')
        .map(({ action, id, timeNano }) => ({ action, id, atMs: msOf(timeNano) }))
    },
    async hang(hangs) {
      await post('/simulated/faults', { hang: hangs ? '' : null }, z.undefined())
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}

function requestOf({ hasCheck, labels, published }: FleetContainer, port: number): object {
  return {
    Image: IMAGE,
    Labels: labels,
    Env: [`SIMULATED_STOP_AFTER_MS=${STOP_AFTER_MS}`, `SIMULATED_HEALTHY_AFTER_MS=${NEVER_MS}`],
    ...(hasCheck && { Healthcheck: { Test: ['CMD', 'true'] } }),
    HostConfig: {
      PortBindings: {
        [`${port}/tcp`]: [{ HostIp: published.address, HostPort: String(published.port) }],
      },
    },
  }
}

/** Fractions of a millisecond stay; a number could not hold the nanoseconds. */
function msOf(nano: string): number {
  return Number(BigInt(nano) / 1_000n) / 1_000
}

async function ask(
  target: {
    readonly socketPath: string
    readonly agent: http.Agent
    readonly path: string
    readonly method?: 'DELETE'
  },
  body: string,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const signal = AbortSignal.timeout(ANSWER_MS_MAX)
  const request = http.request({ method: 'POST', ...target, headers, signal }, (reply) => {
    let text = ''
    reply.setEncoding('utf8').on('error', reject)
    reply.on('data', (chunk: string) => {
      text += chunk
    })
    reply.on('end', () => resolve({ status: reply.statusCode ?? 0, text }))
  })
  request.on('error', reject)
  request.end(body)
  const { status, text } = await promise.catch((cause: unknown) => {
    throw new RoadsteadError('engine-unreachable', { address: target.socketPath }, { cause })
  })
  if (status < 400) return text
  throw new RoadsteadError('engine-answer', { path: target.path, answer: text.slice(0, 200) })
}
