import type { NatsConnection } from '@nats-io/transport-node'
import { backoff } from '@roadstead/shared/kernel/backoff.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Random } from '@roadstead/shared/kernel/random.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { z } from 'zod'
import { inboxPrefixOf } from '../permissions.ts'
import {
  differences,
  replicasFor,
  streamConfig,
  type StreamPlan,
  streamPlans,
} from '../topology.ts'
import type { BusParams } from './agent-bus.ts'
import { Connection } from './connect.ts'
import { type ApiAnswer, ask } from './jetstream.ts'

/** A cluster that has just started needs some seconds to choose who creates streams. */
const PATIENCE_MS = 20_000
const RETRY = { firstMs: 100, maxMs: 1_000 }
const STREAM_NOT_FOUND = 10_059
const CREATE_MS = 5_000
const PING_MS = 1_000

/**
 * Creates the streams that are missing, as the provisioner, and reads every one back. Streams that
 * exist are never changed. Safe to call at every start.
 *
 * @throws RoadsteadError `bus-unsuitable` that names each difference, `bus-unreachable` after 20 s
 */
export async function ensureTopology(
  params: BusParams<string>,
  signal: AbortSignal,
): Promise<void> {
  const { id, site } = params
  const name = `provisioner ${site}/${id}`
  const inboxPrefix = inboxPrefixOf('provisioner', id)
  await using connection = new Connection({ ...params, name, inboxPrefix, pingMs: PING_MS })
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  await forEachStream(connection, params, limit, async (plan, client) => {
    const replicas = replicasFor(connection.link.server()?.servers ?? 1)
    const answer = await ask(client, `$JS.API.STREAM.INFO.${plan.name}`, undefined)
    if (answer.kind !== 'error' || answer.code !== STREAM_NOT_FOUND) return answer
    const config = streamConfig(plan, replicas)
    return ask(client, `$JS.API.STREAM.CREATE.${plan.name}`, config, CREATE_MS)
  })
}

/** The same comparison, for roles that may only look. Waits as long as `signal` lets it. */
export async function verifyTopology(
  connection: Connection,
  time: { readonly clock: Clock; readonly random: Random },
  signal: AbortSignal,
): Promise<void> {
  await forEachStream(connection, time, signal, (plan, client) =>
    ask(client, `$JS.API.STREAM.INFO.${plan.name}`, undefined),
  )
}

async function forEachStream(
  connection: Connection,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  signal: AbortSignal,
  look: (plan: StreamPlan, client: NatsConnection) => Promise<ApiAnswer>,
): Promise<void> {
  const found: string[] = []
  for (const plan of streamPlans) {
    const waits = backoff(RETRY, random)
    let answer: ApiAnswer | undefined
    while (answer?.kind !== 'answer') {
      const client = await connection.whenConnected(signal)
      if (client === undefined) throw unreachableBus(plan, answer)
      answer = await look(plan, client)
      if (answer.kind !== 'answer') await clock.sleep(waits.nextMs(), signal)
    }
    found.push(...wrongIn(plan, answer.value))
  }
  if (found.length > 0) throw new RoadsteadError('bus-unsuitable', { differences: found })
}

function unreachableBus(plan: StreamPlan, answer: ApiAnswer | undefined): RoadsteadError {
  const last = answer === undefined || answer.kind === 'answer' ? 'no server' : answer.error
  return new RoadsteadError('bus-unreachable', { stream: plan.name, last })
}

const StreamAnswer = z.object({ config: z.record(z.string(), z.unknown()) })

function wrongIn(plan: StreamPlan, value: unknown): string[] {
  const stream = StreamAnswer.safeParse(value)
  if (!stream.success) return [`${plan.name} cannot be read`]
  return differences(plan, stream.data.config)
}
