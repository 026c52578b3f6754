import { hash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { HostId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { PART_BYTES_MAX, SNAPSHOT_PARTS_MAX } from '@roadstead/shared/kernel/limits.ts'
import { Snapshot, type SnapshotPart } from '@roadstead/shared/protocol/observation.ts'
import { decode, type Decoded } from './codec.ts'

/** Room for the fields around the body, so that the whole message stays within a part's limit. */
const HEAD_BYTES = 1_024
/** Base64 makes four characters of three bytes. */
const BODY_BYTES_MAX = Math.floor((PART_BYTES_MAX - HEAD_BYTES) / 4) * 3
/** What a snapshot may unpack to: ten times what all its parts can hold, and no zip bomb. */
const UNPACKED_BYTES_MAX = 10 * SNAPSHOT_PARTS_MAX * PART_BYTES_MAX
/** The cheapest level: it takes three quarters off, and more costs the agent's host too much. */
const GZIP_LEVEL = 1

/** The messages of one snapshot; undefined when it would need more parts than there may be. */
export function cutSnapshot(site: SiteId, snapshot: Snapshot): SnapshotPart[] | undefined {
  const packed = gzipSync(JSON.stringify(snapshot), { level: GZIP_LEVEL })
  const parts = Math.ceil(packed.length / BODY_BYTES_MAX)
  if (parts > SNAPSHOT_PARTS_MAX) return undefined
  const digest = hash('sha256', packed, 'hex')
  return Array.from({ length: parts }, (_, part) => ({
    v: 1,
    site,
    stamp: snapshot.stamp,
    part,
    parts,
    digest,
    body: packed.subarray(part * BODY_BYTES_MAX, (part + 1) * BODY_BYTES_MAX).toString('base64'),
  }))
}

/**
 * Joins parts as they come. Parts of another digest than the newest seen belong to another snapshot
 * of the same host and are dropped: half of an old and half of a new one is a lie about both.
 */
export class SnapshotJoiner {
  readonly #pendingByHost = new Map<HostId, Pending>()

  /** The whole snapshot when `part` was the last one missing; undefined while some still are. */
  add(part: SnapshotPart): Decoded<Snapshot> | undefined {
    const { host } = part.stamp
    const known = this.#pendingByHost.get(host)
    const pending = known?.digest === part.digest ? known : fresh(part)
    pending.bodies.set(part.part, part.body)
    if (pending.bodies.size < pending.parts) {
      this.#pendingByHost.set(host, pending)
      return undefined
    }
    this.#pendingByHost.delete(host)
    return unpack(pending, part)
  }

  /** Forgets everything half-read, after a stream has started over. */
  clear(): void {
    this.#pendingByHost.clear()
  }
}

interface Pending {
  readonly digest: string
  readonly parts: number
  readonly bodies: Map<number, string>
}

function fresh(part: SnapshotPart): Pending {
  return { digest: part.digest, parts: part.parts, bodies: new Map() }
}

function unpack(pending: Pending, last: SnapshotPart): Decoded<Snapshot> {
  const bodies = Array.from({ length: pending.parts }, (_, part) => pending.bodies.get(part) ?? '')
  const packed = Buffer.concat(bodies.map((body) => Buffer.from(body, 'base64')))
  if (hash('sha256', packed, 'hex') !== pending.digest) {
    return { kind: 'invalid', error: 'the parts do not add up to their digest' }
  }
  let text: string
  try {
    text = gunzipSync(packed, { maxOutputLength: UNPACKED_BYTES_MAX }).toString()
  } catch {
    return { kind: 'invalid', error: 'the snapshot cannot be unpacked' }
  }
  const snapshot = decode(Snapshot, text)
  if (snapshot.kind === 'value' && snapshot.value.stamp.host !== last.stamp.host) {
    return { kind: 'invalid', error: 'the snapshot is about another host than its subject' }
  }
  return snapshot
}
