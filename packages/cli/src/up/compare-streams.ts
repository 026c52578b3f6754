import fs from 'node:fs'
import path from 'node:path'
import { IDENTITY_FILE, loadIdentity } from '@roadstead/bus/identity.ts'
import { Connection } from '@roadstead/bus/nats/connect.ts'
import { verifyTopology } from '@roadstead/bus/nats/ensure-topology.ts'
import { inboxPrefixOf } from '@roadstead/bus/permissions.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { silentLog } from '@roadstead/shared/kernel/log.ts'
import type { Random } from '@roadstead/shared/kernel/random.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'

/** Connecting and four questions take milliseconds. */
const COMPARE_MS_MAX = 5_000
const PING_MS = 2_000

export type StreamsAnswer =
  | { readonly kind: 'as-planned' }
  | { readonly kind: 'failed'; readonly why: string; readonly remedy: string }
  /** This machine did not set NATS up, so it has nobody who may look. */
  | { readonly kind: 'no-identity' }

/** Looks at the streams as the provisioner of this state directory, and changes nothing. */
export async function compareStreams(
  dir: string,
  time: { readonly clock: Clock; readonly random: Random; readonly signal: AbortSignal },
): Promise<StreamsAnswer> {
  if (!fs.existsSync(path.join(dir, IDENTITY_FILE))) return { kind: 'no-identity' }
  try {
    const { identity, seed } = await loadIdentity(dir)
    await using connection = new Connection({
      natsUrl: identity.natsUrl,
      seed,
      name: `doctor ${identity.site}`,
      inboxPrefix: inboxPrefixOf('provisioner', identity.id),
      pingMs: PING_MS,
      clock: time.clock,
      random: time.random,
      log: silentLog,
    })
    const limit = AbortSignal.any([time.signal, AbortSignal.timeout(COMPARE_MS_MAX)])
    await verifyTopology(connection, time, limit)
    return { kind: 'as-planned' }
  } catch (error) {
    if (!(error instanceof RoadsteadError)) throw error
    return { kind: 'failed', why: error.message, remedy: error.remedy }
  }
}
