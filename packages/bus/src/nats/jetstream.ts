import {
  headers as newHeaders,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
} from '@nats-io/transport-node'
import { z } from 'zod'

/**
 * The few JetStream requests that we need, as plain requests with a timeout each and no retry. The
 * library's own helpers retry, renew and reset by themselves, on schedules measured in half minutes;
 * here every answer comes back as data, and whoever asked decides.
 */
export type ApiAnswer =
  | { readonly kind: 'answer'; readonly value: unknown }
  | {
      readonly kind: 'error'
      readonly code: number
      readonly status: number
      readonly error: string
    }
  | { readonly kind: 'unknown'; readonly error: string }

/** Long enough for a disk that is busy, short enough for a lease. */
export const REQUEST_MS = 1_500

export async function ask(
  client: NatsConnection,
  subject: string,
  body: unknown,
  timeoutMs: number = REQUEST_MS,
): Promise<ApiAnswer> {
  const message = await request(client, subject, body === undefined ? '' : JSON.stringify(body), {
    timeoutMs,
  })
  return 'error' in message ? { kind: 'unknown', error: message.error } : parse(message.reply)
}

/** What a message must meet to be stored, as the server's headers. */
export interface Expectation {
  readonly messageId?: string
  readonly lastSequence?: number
  readonly kvDelete?: boolean
}

export async function publish(
  client: NatsConnection,
  subject: string,
  body: string,
  expectation: Expectation,
  timeoutMs: number,
): Promise<ApiAnswer> {
  const message = await request(client, subject, body, {
    timeoutMs,
    headers: expectationHeaders(expectation),
  })
  return 'error' in message ? { kind: 'unknown', error: message.error } : parse(message.reply)
}

/** The last message of a subject, read from any copy of the stream, so possibly a stale one. */
export async function directGet(
  client: NatsConnection,
  stream: string,
  subject: string,
): Promise<{ readonly seq: number; readonly text: string } | 'absent' | 'unknown'> {
  const message = await request(client, `$JS.API.DIRECT.GET.${stream}.${subject}`, '', {
    timeoutMs: REQUEST_MS,
  })
  if ('error' in message) return 'unknown'
  const { headers } = message.reply
  if (headers === undefined || headers.code === NOT_FOUND) return 'absent'
  if (headers.code !== 0) return 'unknown'
  if (headers.has(KV_OPERATION)) return 'absent'
  return { seq: Number(headers.get('Nats-Sequence')), text: message.reply.string() }
}

export const KV_OPERATION = 'KV-Operation'
const NOT_FOUND = 404

const Answer = z.looseObject({
  error: z
    .object({ code: z.number(), err_code: z.number().default(0), description: z.string() })
    .optional(),
})

function parse(reply: Msg): ApiAnswer {
  let value: unknown
  try {
    value = JSON.parse(reply.string())
  } catch {
    return { kind: 'unknown', error: 'the server answered something that is not JSON' }
  }
  const answer = Answer.safeParse(value)
  if (!answer.success) return { kind: 'unknown', error: 'the server answered in an unknown form' }
  const { error } = answer.data
  if (error === undefined) return { kind: 'answer', value: answer.data }
  return { kind: 'error', code: error.err_code, status: error.code, error: error.description }
}

async function request(
  client: NatsConnection,
  subject: string,
  body: string,
  options: { readonly timeoutMs: number; readonly headers?: MsgHdrs },
): Promise<{ readonly reply: Msg } | { readonly error: string }> {
  try {
    const { timeoutMs, headers } = options
    const reply = await client.request(subject, body, {
      timeout: timeoutMs,
      ...(headers && { headers }),
    })
    return { reply }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

function expectationHeaders(expectation: Expectation): MsgHdrs {
  const { messageId, lastSequence, kvDelete } = expectation
  const headers = newHeaders()
  if (messageId !== undefined) headers.set('Nats-Msg-Id', messageId)
  if (lastSequence !== undefined) {
    headers.set('Nats-Expected-Last-Sequence', String(lastSequence))
  }
  if (kvDelete === true) headers.set(KV_OPERATION, 'DEL')
  return headers
}
