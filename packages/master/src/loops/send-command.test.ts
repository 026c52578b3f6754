import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { ContainerId, HostId, InstanceId, PublicKey, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { Command, type CommandReply } from '@roadstead/shared/protocol/command.ts'
import { exampleStamp } from '../core/examples.ts'
import type { Heard } from '../core/decide/hearing.ts'
import { sendCommand } from './send-command.ts'

const host = HostId.parse('h1')
const container = ContainerId.parse('c'.repeat(64))
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
  assert.deepEqual(await sendCommand(host, order, 60_000, deps), done)
  const [command] = commands
  assert.deepEqual(
    [command?.host, command?.container, command?.epoch, command?.instance, command?.nonce],
    [host, container, 3, 'life', 'a'.repeat(32)],
  )
})

test('an agent with another nonce is asked again when that one is heard, by another command', async () => {
  const { commands, deps } = agentThat({ kind: 'refused', id: '', reason: 'stale-nonce' }, done)
  assert.deepEqual(await sendCommand(host, order, 60_000, deps), done)
  assert.deepEqual(
    commands.map(({ nonce }) => nonce[0]),
    ['a', 'b'],
  )
  assert.equal(new Set(commands.map(({ id }) => id)).size, 2)
})

test('an agent that never takes it is left alone after a while', async () => {
  const refused = { kind: 'refused', id: '', reason: 'too-many' } as const
  const { commands, deps, nowMs } = agentThat(refused)
  assert.deepEqual(await sendCommand(host, order, 60_000, deps), refused)
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
    assert.deepEqual(await sendCommand(host, order, 60_000, deps), outcome)
    assert.equal(commands.length, 1)
  }
})

test('nobody is asked who is not heard, or while nobody leads', async () => {
  const { commands, deps, hearing } = agentThat(done)
  const unled = await sendCommand(host, order, 60_000, { ...deps, lease: () => undefined })
  assert.deepEqual(unled, { kind: 'not-sent', why: 'nobody leads' })
  hearing.clear()
  const unheard = await sendCommand(host, order, 60_000, deps)
  assert.deepEqual(unheard, { kind: 'not-sent', why: 'its agent is not heard' })
  assert.equal(commands.length, 0)
})
