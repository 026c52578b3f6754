import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { ContainerId, HostId, InstanceId, PublicKey, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { Command, type CommandReply } from '@roadstead/shared/protocol/command.ts'
import { Lease } from '@roadstead/shared/protocol/lease.ts'
import { exampleStamp } from '../core/examples.ts'
import type { Heard } from '../core/decide/hearing.ts'
import type { LeadershipState } from './leadership.ts'
import { leaseOfEpoch, sendCommand } from './send-command.ts'

const host = HostId.parse('h1')
const container = ContainerId.parse('c'.repeat(64))
const running = new AbortController().signal
const order = { verb: 'restart', container } as const

/** An agent that answers one after another, on a clock that jumps whenever somebody sleeps. */
function agentThat(...replies: readonly (CommandReply | { kind: 'unreachable' })[]) {
  const commands: Command[] = []
  const hearing = new Map([[host, heard('a')]])
  let nowMs = 0
  const clock: Clock = {
    wallMs: () => nowMs,
    monoMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms
      if (nowMs >= BEAT_MS) hearing.set(host, heard('b'))
    },
    after: () => ({ [Symbol.dispose]: () => undefined }),
  }
  const deps = {
    bus: {
      command: async (_host: HostId, { body }: { readonly body: string }) => {
        commands.push(Command.parse(JSON.parse(body)))
        return replies[Math.min(commands.length, replies.length) - 1] ?? { kind: 'unreachable' }
      },
    },
    site: SiteId.parse('main'),
    state: { hearing },
    lease: () => ({ epoch: 3, instance: InstanceId.parse('life') }),
    sign: (purpose: 'command', body: string) => ({
      v: 1 as const,
      purpose,
      by: PublicKey.parse(`U${'A'.repeat(55)}`),
      signature: '',
      body,
    }),
    newCommandId: () => `${commands.length}`.padStart(32, '0'),
    clock,
  }
  return { commands, deps, hearing, nowMs: () => nowMs }
}

const BEAT_MS = 3_000
const done = { kind: 'done', id: '', result: {} } as const

function heard(letter: string): Heard {
  const beat = {
    v: 1,
    stamp: exampleStamp(host, 1),
    stateHash: '0'.repeat(16),
    engine: 'answering',
    engineSince: '',
    spooled: 0,
    nonce: letter.repeat(32),
    sentAtMs: 0,
    stopping: false,
  } as const
  return { atMs: 0, skewMs: 0, beat, disagreements: 0 }
}

test('a command is bound to its agent, container, leadership and nonce', async () => {
  const { commands, deps } = agentThat(done)
  assert.deepEqual(await sendCommand(host, order, 60_000, deps, running), done)
  const [command] = commands
  assert.deepEqual(
    [command?.host, command?.container, command?.epoch, command?.instance, command?.nonce],
    [host, container, 3, 'life', 'a'.repeat(32)],
  )
})

test('an agent with another nonce is asked again when that one is heard, by another command', async () => {
  const { commands, deps } = agentThat({ kind: 'refused', id: '', reason: 'stale-nonce' }, done)
  assert.deepEqual(await sendCommand(host, order, 60_000, deps, running), done)
  assert.deepEqual(
    commands.map(({ nonce }) => nonce[0]),
    ['a', 'b'],
  )
  assert.equal(new Set(commands.map(({ id }) => id)).size, 2)
})

test('an agent that never takes it is left alone after a while', async () => {
  const refused = { kind: 'refused', id: '', reason: 'too-many' } as const
  const { commands, deps, nowMs } = agentThat(refused)
  assert.deepEqual(await sendCommand(host, order, 60_000, deps, running), refused)
  assert.ok(nowMs() <= 22_000)
  assert.ok(commands.length <= 11)
})

test('any other outcome is the last word', async () => {
  const outcomes = [
    { kind: 'unreachable' },
    { kind: 'failed', id: '', error: 'no such container' },
    { kind: 'refused', id: '', reason: 'old-epoch' },
  ] as const
  for (const outcome of outcomes) {
    const { commands, deps } = agentThat(outcome, done)
    assert.deepEqual(await sendCommand(host, order, 60_000, deps, running), outcome)
    assert.equal(commands.length, 1)
  }
})

test('nobody is asked who is not heard, or while nobody leads', async () => {
  const { commands, deps, nowMs } = agentThat(done)
  const unled = await sendCommand(host, order, 60_000, { ...deps, lease: () => undefined }, running)
  assert.deepEqual(unled, { kind: 'not-sent', why: 'its leadership is over' })
  const state = { hearing: new Map() }
  const unheard = await sendCommand(host, order, 60_000, { ...deps, state }, running)
  assert.deepEqual(unheard, { kind: 'not-sent', why: 'its agent is not heard' })
  assert.ok(nowMs() <= 21_000)
  assert.equal(commands.length, 0)
})

test('a master that has just begun to listen waits for the first heartbeat', async () => {
  const { commands, deps, hearing, nowMs } = agentThat(done)
  hearing.clear()
  assert.deepEqual(await sendCommand(host, order, 60_000, deps, running), done)
  assert.deepEqual(
    commands.map(({ nonce }) => nonce[0]),
    ['b'],
  )
  assert.ok(nowMs() <= BEAT_MS + 100)
})

test('whose leadership ends between two attempts does not try again in the name of the next', async () => {
  const mine = aLease(3, 'mine')
  const theirs = aLease(4, 'theirs')
  const leading = { kind: 'leader', epoch: 3, instance: mine.instance, lease: mine } as const
  const afterwards: readonly LeadershipState[] = [
    { kind: 'standby' },
    { kind: 'standby', leader: theirs },
    { kind: 'suspended', epoch: 3, lease: mine },
    { kind: 'leader', epoch: 5, instance: mine.instance, lease: aLease(5, 'mine') },
  ]
  for (const reason of ['too-many', 'stale-nonce'] as const) {
    for (const next of afterwards) {
      const { commands, deps, nowMs } = agentThat({ kind: 'refused', id: '', reason }, done)
      const state = (): LeadershipState => (nowMs() === 0 ? leading : next)
      const lease = () => leaseOfEpoch({ state }, 3)
      const outcome = await sendCommand(host, order, 60_000, { ...deps, lease }, running)
      assert.deepEqual(outcome, { kind: 'not-sent', why: 'its leadership is over' })
      assert.deepEqual(
        commands.map(({ epoch, instance }) => [epoch, instance]),
        [[3, 'mine']],
      )
    }
  }
})

test('a master that ends tries no more', async () => {
  const { commands, deps } = agentThat({ kind: 'refused', id: '', reason: 'too-many' }, done)
  const stop = new AbortController()
  const sending = sendCommand(host, order, 60_000, deps, stop.signal)
  stop.abort()
  assert.equal((await sending).kind, 'refused')
  assert.equal(commands.length, 1)
})

function aLease(epoch: number, instance: string): Lease {
  const written = { leaseMs: 2_000, renewal: 0, url: '', host: '', pid: 1, since: '' }
  return Lease.parse({ v: 1, holder: instance, instance, epoch, ...written })
}
