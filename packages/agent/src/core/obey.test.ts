import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKey } from '@roadstead/bus/identity.ts'
import { signWith, verifySigned } from '@roadstead/bus/nkey.ts'
import { InstanceId } from '@roadstead/shared/kernel/ids.ts'
import { judgeCommand, type ObeyState } from './obey.ts'

const master = createKey()
const stranger = createKey()
const fresh = 'f'.repeat(32)
const container = 'c'.repeat(64)
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

test('what changes something is obeyed from one signer in an epoch, what does not from all', () => {
  const fellow = createKey()
  const site = { ...rules, verify: () => ({ kind: 'trusted' }) as const }
  const judge = (state: ObeyState, seed: string, id: string, more: object) => {
    const body = JSON.stringify({ ...command, id: id.repeat(32), container, ...more })
    return judgeCommand(state, signWith(seed)('command', body), site, 0)
  }
  const asked = judge(start, fellow.seed, 'b', { verb: 'resync' })
  assert.ok(asked.kind === 'accepted', 'a standby may ask for a snapshot')
  const acted = judge(asked.next, master.seed, 'c', { verb: 'restart' })
  assert.ok(acted.kind === 'accepted' && acted.next.leadership.signer === master.publicKey)
  const stolen = judge(acted.next, fellow.seed, 'd', { verb: 'restart' })
  assert.ok(stolen.kind === 'refused' && stolen.reason === 'second-instance')
  const again = judge(acted.next, fellow.seed, 'e', { verb: 'resync' })
  assert.ok(again.kind === 'accepted' && again.next.leadership.signer === master.publicKey)
  assert.equal(judge(again.next, fellow.seed, 'f', { verb: 'restart', epoch: 6 }).kind, 'accepted')
})

test('more than sixty a minute are too many, whoever signs them', () => {
  const busy = { ...start, acceptedAtMs: Array.from({ length: 60 }, () => 0) }
  assert.equal(outcome({}, busy), 'too-many')
  assert.equal(
    outcome({}, { ...busy, acceptedAtMs: busy.acceptedAtMs.map(() => -60_000) }),
    'accepted',
  )
})
