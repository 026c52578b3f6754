import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKey } from '@roadstead/bus/identity.ts'
import { signWith, verifySigned } from '@roadstead/bus/nkey.ts'
import { InstanceId } from '@roadstead/shared/kernel/ids.ts'
import { judgeCommand, type ObeyState } from './obey.ts'

const master = createKey()
const stranger = createKey()
const fresh = 'f'.repeat(32)
const rules = {
  site: 's1',
  host: 'h1',
  nonces: ['1'.repeat(32), fresh],
  verify: (signed: Parameters<typeof verifySigned>[0]) => verifySigned(signed, [master.publicKey]),
}
const start: ObeyState = { leadership: { epoch: 5 }, recentIds: new Set(), acceptedAtMs: [] }
const command = {
  v: 1,
  id: 'a'.repeat(32),
  site: 's1',
  host: 'h1',
  verb: 'resync',
  instance: 'one',
  epoch: 5,
  nonce: fresh,
}

function outcome(more: object = {}, state: ObeyState = start, seed = master.seed): string {
  const signed = signWith(seed)('command', JSON.stringify({ ...command, ...more }))
  const judged = judgeCommand(state, signed, rules, 0)
  return judged.kind === 'refused' ? judged.reason : judged.kind
}

test('a fresh command of a trusted master for this host is accepted', () => {
  assert.equal(outcome(), 'accepted')
  assert.equal(outcome({ epoch: 6 }), 'accepted')
})

test('each thing that a command has to prove is asked for', () => {
  assert.equal(outcome({}, start, stranger.seed), 'unknown-signer')
  assert.equal(outcome({ host: 'h2' }), 'wrong-host')
  assert.equal(outcome({ site: 's2' }), 'wrong-host')
  assert.equal(outcome({ epoch: 4 }), 'old-epoch')
  assert.equal(outcome({ nonce: '0'.repeat(32) }), 'stale-nonce')
  assert.equal(outcome({ verb: 'exec' }), 'unreadable')
})

test('a changed body and a signed table are no commands', () => {
  const signed = signWith(master.seed)('command', JSON.stringify(command))
  const changed = { ...signed, body: signed.body.replace('resync', 'ping') }
  const table = signWith(master.seed)('table', JSON.stringify(command))
  for (const it of [changed, table]) {
    const judged = judgeCommand(start, it, rules, 0)
    assert.ok(judged.kind === 'refused' && judged.reason === 'bad-signature')
  }
})

test('a command runs once, and raises the epoch that counts', () => {
  const signed = signWith(master.seed)('command', JSON.stringify({ ...command, epoch: 7 }))
  const first = judgeCommand(start, signed, rules, 0)
  assert.ok(first.kind === 'accepted')
  assert.equal(outcome({ epoch: 7 }, first.next), 'repeated')
  assert.equal(outcome({ id: 'b'.repeat(32), epoch: 6 }, first.next), 'old-epoch')
})

test('one life of a master is obeyed in an epoch, and no second one', () => {
  const one = InstanceId.parse('one')
  const bound = { ...start, leadership: { epoch: 5, instance: one } }
  assert.equal(outcome({}, bound), 'accepted')
  assert.equal(outcome({ instance: 'two' }, bound), 'second-instance')
  assert.equal(outcome({ instance: 'two', epoch: 6 }, bound), 'accepted')
  const signed = signWith(master.seed)('command', JSON.stringify(command))
  const first = judgeCommand(start, signed, rules, 0)
  assert.ok(first.kind === 'accepted')
  assert.equal(outcome({ id: 'b'.repeat(32), instance: 'two' }, first.next), 'second-instance')
})

test('more than sixty a minute are too many, whoever signs them', () => {
  const busy = { ...start, acceptedAtMs: Array.from({ length: 60 }, () => 0) }
  assert.equal(outcome({}, busy), 'too-many')
  assert.equal(
    outcome({}, { ...busy, acceptedAtMs: busy.acceptedAtMs.map(() => -60_000) }),
    'accepted',
  )
})
