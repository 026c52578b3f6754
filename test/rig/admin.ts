import { Connection } from '@roadstead/bus/nats/connect.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { eventually } from './eventually.ts'

/** A bare connection for one key: what a test does that no role of ours would do. */
export async function connectRaw(
  user: { readonly seed: string; readonly natsUrl: string },
  inboxPrefix = '_INBOX.raw',
): Promise<Connection> {
  const { seed, natsUrl } = user
  const name = 'test'
  const params = { seed, natsUrl, name, inboxPrefix, pingMs: 5_000, clock, random, log }
  const connection = new Connection(params)
  try {
    await eventually('connected', () => connection.link.connected(), { withinMs: 3_000 })
  } catch (error) {
    await connection[Symbol.asyncDispose]()
    throw error
  }
  return connection
}
