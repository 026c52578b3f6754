import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { HostId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { PART_BYTES_MAX } from '@roadstead/shared/kernel/limits.ts'
import type { Snapshot } from '@roadstead/shared/protocol/observation.ts'
import { cutSnapshot, SnapshotJoiner } from './snapshot-parts.ts'

const site = SiteId.parse('s1')

test('a small snapshot is one part and comes back whole', () => {
  const snapshot = aSnapshot(1, 3)

  const parts = cutSnapshot(site, snapshot) ?? []

  assert.equal(parts.length, 1)
  assert.deepEqual(joined(new SnapshotJoiner(), parts), [snapshot])
})

test('a large snapshot is cut within the limit of a part, and joins in any order', () => {
  const snapshot = aSnapshot(1, 2_000)

  const parts = cutSnapshot(site, snapshot) ?? []

  assert.ok(parts.length > 1, `${parts.length} parts`)
  for (const part of parts) assert.ok(JSON.stringify(part).length <= PART_BYTES_MAX)
  assert.deepEqual(joined(new SnapshotJoiner(), parts.toReversed()), [snapshot])
})

test('parts of two snapshots are never mixed', () => {
  const older = cutSnapshot(site, aSnapshot(1, 2_000)) ?? []
  const newer = aSnapshot(2, 2_000)
  const newerParts = cutSnapshot(site, newer) ?? []
  const joiner = new SnapshotJoiner()

  assert.deepEqual(joined(joiner, [...older.slice(0, -1), ...newerParts]), [newer])
  assert.deepEqual(joined(joiner, older.slice(-1)), [])
})

test('a body that was changed on the way is refused', () => {
  const [part] = cutSnapshot(site, aSnapshot(1, 3)) ?? []
  assert.ok(part)

  const result = new SnapshotJoiner().add({ ...part, body: Buffer.from('junk').toString('base64') })

  assert.equal(result?.kind, 'invalid')
})

function joined(joiner: SnapshotJoiner, parts: Parameters<SnapshotJoiner['add']>[0][]): Snapshot[] {
  return parts.flatMap((part) => {
    const result = joiner.add(part)
    return result?.kind === 'value' ? [result.value] : []
  })
}

/** Names are random, so that packing cannot make the parts vanish. */
function aSnapshot(seq: number, networks: number): Snapshot {
  return {
    kind: 'snapshot',
    stamp: { host: HostId.parse('h1'), boot: 1, seq },
    facts: {
      name: 'alpha',
      os: 'Debian 12',
      kernel: '6.1',
      architecture: 'x86_64',
      cpus: 2,
      memoryBytes: 1,
      addresses: ['10.0.0.1'],
      engine: {
        id: 'e',
        version: '20.10.24',
        apiVersion: '1.41',
        storageDriver: 'overlay2',
        liveRestore: false,
      },
      agentVersion: '0.1.0',
    },
    networks: Array.from({ length: Math.min(networks, 1_000) }, (_, index) => ({
      id: randomBytes(32).toString('hex'),
      name: randomBytes(Math.min(500, networks)).toString('hex'),
      driver: 'bridge',
      scope: 'local',
      internal: index % 2 === 0,
      subnets: [],
    })),
    containers: [],
    stateHash: '0'.repeat(16),
    cause: { action: 'list', seenAtMs: 1 },
  }
}
