import type { Msg } from '@nats-io/transport-node'

/** What one message in answer to a pull means. */
export type Pulled =
  | {
      readonly kind: 'message'
      readonly seq: number
      /** Counts deliveries of this consumer by one: a hole means that something got lost. */
      readonly delivery: number
      readonly pending: number
      readonly message: Msg
    }
  | { readonly kind: 'alive' }
  /** This pull is over (expired, or cut short); what was not delivered must be asked for again. */
  | { readonly kind: 'pull-over' }
  | { readonly kind: 'consumer-gone'; readonly why: string }

const HEARTBEAT = 100
const NO_MESSAGES = 404
const PULL_EXPIRED = 408
const CONFLICT = 409

export function readPulled(message: Msg): Pulled {
  const code = message.headers?.code ?? 0
  if (code === 0) return readMessage(message)
  if (code === HEARTBEAT) return { kind: 'alive' }
  const why = message.headers?.description ?? ''
  if (code === NO_MESSAGES || code === PULL_EXPIRED) return { kind: 'pull-over' }
  // A conflict is either about this one pull (a limit) or about the consumer's existence.
  if (code === CONFLICT && /maxbytes|batch|expires|waiting/i.test(why)) return { kind: 'pull-over' }
  return { kind: 'consumer-gone', why: `${code} ${why}` }
}

/**
 * The reply subject of a delivered message says where it stands. Servers with a domain put two more
 * tokens before the stream's name, so the places are counted from there:
 * `$JS.ACK[.<domain>.<account>].<stream>.<consumer>.<tries>.<seq>.<delivery>.<time>.<pending>[.…]`.
 */
function readMessage(message: Msg): Pulled {
  const tokens = (message.reply ?? '').split('.')
  const first = tokens.length > SHORT_FORM_TOKENS ? LONG_FORM_FIRST : SHORT_FORM_FIRST
  const [seq, delivery, , pending] = tokens.slice(first + 3).map(Number)
  if (seq === undefined || delivery === undefined || pending === undefined) {
    return { kind: 'consumer-gone', why: 'a message without a place in its stream' }
  }
  return { kind: 'message', seq, delivery, pending, message }
}

const SHORT_FORM_TOKENS = 9
const SHORT_FORM_FIRST = 2
const LONG_FORM_FIRST = 4
