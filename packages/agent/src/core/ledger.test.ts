import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sha256 } from '@roadstead/bus/sha256.ts'
import type { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import type { Observation } from '@roadstead/shared/protocol/observation.ts'
import { containerHash, stateHash } from '@roadstead/shared/protocol/state-hash.ts'
import { aContainer, cause, host, idOf } from '../testing.ts'
import { Ledger, type Seen } from './ledger.ts'

const facts = {
  name: 'alpha',
  os: '',
  kernel: '',
  architecture: '',
  cpus: 1,
  memoryBytes: 1,
  addresses: [],
  engine: { id: 'e', version: '', apiVersion: '', storageDriver: '', liveRestore: false },
  agentVersion: '',
}
const seenHost: Seen = { kind: 'host', facts, networks: [], cause }

function fresh(): Ledger {
  return new Ledger({ host, boot: 3, digest: sha256 })
}

function complete(): Ledger {
  const ledger = fresh()
  said(ledger, [seenHost, { kind: 'complete' }])
  return ledger
}

function said(ledger: Ledger, list: readonly Seen[]): Observation[] {
  return list.flatMap((seen) => ledger.tell(seen) ?? [])
}

test('before everything was seen nothing is said, and there is no snapshot', () => {
  const ledger = fresh()
  const observations = said(ledger, [
    seenHost,
    { kind: 'container', container: aContainer(), cause },
  ])
  assert.deepEqual(observations, [])
  assert.equal(ledger.snapshot(cause), undefined)
  said(ledger, [{ kind: 'complete' }])
  assert.equal(ledger.snapshot(cause)?.containers.length, 1)
})

test('the same state is said once', () => {
  const seen: Seen = { kind: 'container', container: aContainer(), cause }
  const observations = said(complete(), [seen, seen, seenHost, seen])
  assert.deepEqual(
    observations.map((it) => [it.kind, it.stamp.boot, it.stamp.seq]),
    [['container-seen', 3, 1]],
  )
})

test('only what was known can be gone, and its name goes with it', () => {
  const gone: Seen = { kind: 'gone', id: idOf('a'), cause }
  const ledger = complete()
  assert.deepEqual(said(ledger, [gone]), [])
  const observations = said(ledger, [{ kind: 'container', container: aContainer(), cause }, gone])
  assert.equal(ledger.containerById.size, 0)
  const last = observations.at(-1)
  assert.ok(last?.kind === 'container-gone' && last.name === 'shop')
})

test('a snapshot that was given out stays what it was', () => {
  const ledger = complete()
  said(ledger, [{ kind: 'container', container: aContainer(), cause }])
  const before = ledger.snapshot(cause)
  said(ledger, [{ kind: 'gone', id: idOf('a'), cause }])
  assert.equal(before?.containers.length, 1)
  assert.equal(ledger.snapshot(cause)?.containers.length, 0)
})

test('a snapshot stands at the last number and carries the hash of a heartbeat', () => {
  const ledger = complete()
  said(ledger, [{ kind: 'container', container: aContainer(), cause }])
  const whole = ledger.snapshot(cause)
  assert.equal(whole?.stamp.seq, 1)
  assert.equal(whole?.stateHash, ledger.hash())
})

/** What a master does, in the dumbest way: it believes what reaches it. */
function folded(observations: readonly Observation[]): string {
  const hashById = new Map<ContainerId, string>()
  for (const it of observations) {
    if (it.kind === 'container-seen') {
      hashById.set(it.container.id, containerHash(it.container, sha256))
    } else if (it.kind === 'container-gone') hashById.delete(it.containerId)
  }
  return stateHash(hashById, sha256)
}

const step: fc.Arbitrary<Seen> = fc.oneof(
  fc
    .record({ digit: fc.constantFrom('1', '2', '3'), restartCount: fc.nat(3) })
    .map(({ digit, restartCount }) => ({
      kind: 'container' as const,
      container: aContainer({ id: idOf(digit), restartCount }),
      cause,
    })),
  fc
    .constantFrom('1', '2', '3')
    .map((digit) => ({ kind: 'gone' as const, id: idOf(digit), cause })),
)

test('numbers have no gap, and whoever folds everything has the same hash', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const ledger = complete()
      const observations = said(ledger, steps)
      assert.deepEqual(
        observations.map((it) => it.stamp.seq),
        observations.map((_, index) => index + 1),
      )
      assert.equal(folded(observations), ledger.hash())
    }),
  )
})

test('a lost observation shows: in the hash, or in nothing that differs', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), fc.nat(), (steps, at) => {
      const ledger = complete()
      const observations = said(ledger, steps)
      const lost = observations[at % Math.max(1, observations.length)]
      const reached = observations.filter((it) => it !== lost)
      const isSame = folded(reached) === ledger.hash()
      assert.equal(isSame, stateText(reached) === stateText(observations))
    }),
  )
})

/** The state that a list of observations leads to, as text. */
function stateText(observations: readonly Observation[]): string {
  const text = new Map<string, string>()
  for (const it of observations) {
    if (it.kind === 'container-seen') text.set(it.container.id, JSON.stringify(it.container))
    if (it.kind === 'container-gone') text.delete(it.containerId)
  }
  return [...text]
    .map((entry) => entry.join())
    .sort()
    .join('\n')
}
