import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sha256 } from '@roadstead/bus/sha256.ts'
import type { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import type { Observation } from '@roadstead/shared/protocol/observation.ts'
import { containerHash, stateHash } from '@roadstead/shared/protocol/state-hash.ts'
import { aContainer, cause, host, idOf } from '../testing.ts'
import { emptyLedger, type Ledger, ledgerHash, type Seen, snapshot, tell } from './ledger.ts'

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

function said(ledger: Ledger, list: readonly Seen[]): [Ledger, Observation[]] {
  return list.reduce<[Ledger, Observation[]]>(
    ([before, all], seen) => {
      const [next, observations] = tell(before, seen, sha256)
      return [next, [...all, ...observations]]
    },
    [ledger, []],
  )
}

const [complete] = said(emptyLedger(host, 3), [seenHost, { kind: 'complete' }])

test('before everything was seen nothing is said, and there is no snapshot', () => {
  const [ledger, observations] = said(emptyLedger(host, 3), [
    seenHost,
    { kind: 'container', container: aContainer(), cause },
  ])
  assert.deepEqual(observations, [])
  assert.equal(snapshot(ledger, cause, sha256), undefined)
  const [whole] = said(ledger, [{ kind: 'complete' }])
  assert.equal(snapshot(whole, cause, sha256)?.containers.length, 1)
})

test('the same state is said once', () => {
  const seen: Seen = { kind: 'container', container: aContainer(), cause }
  const [, observations] = said(complete, [seen, seen, seenHost, seen])
  assert.deepEqual(
    observations.map((it) => [it.kind, it.stamp.boot, it.stamp.seq]),
    [['container-seen', 3, 1]],
  )
})

test('only what was known can be gone, and its name goes with it', () => {
  const gone: Seen = { kind: 'gone', id: idOf('a'), cause }
  assert.deepEqual(said(complete, [gone])[1], [])
  const [ledger, observations] = said(complete, [
    { kind: 'container', container: aContainer(), cause },
    gone,
  ])
  assert.equal(ledger.containerById.size, 0)
  const last = observations.at(-1)
  assert.ok(last?.kind === 'container-gone' && last.name === 'shop')
})

test('a snapshot stands at the last number and carries the hash of a heartbeat', () => {
  const [ledger] = said(complete, [{ kind: 'container', container: aContainer(), cause }])
  const whole = snapshot(ledger, cause, sha256)
  assert.equal(whole?.stamp.seq, 1)
  assert.equal(whole?.stateHash, ledgerHash(ledger, sha256))
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
      const [ledger, observations] = said(complete, steps)
      assert.deepEqual(
        observations.map((it) => it.stamp.seq),
        observations.map((_, index) => index + 1),
      )
      assert.equal(folded(observations), ledgerHash(ledger, sha256))
    }),
  )
})

test('a lost observation shows: in the hash, or in nothing that differs', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), fc.nat(), (steps, at) => {
      const [ledger, observations] = said(complete, steps)
      const lost = observations[at % Math.max(1, observations.length)]
      const reached = observations.filter((it) => it !== lost)
      const isSame = folded(reached) === ledgerHash(ledger, sha256)
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
