import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKey } from '@roadstead/bus/identity.ts'
import { signWith, verifySigned } from '@roadstead/bus/nkey.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import type { CommandReply } from '@roadstead/shared/protocol/command.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import type { Leadership } from '../core/obey.ts'
import { aContainer, aState, cause, host, idOf } from '../testing.ts'
import { obey, type ObeyDeps } from './obey.ts'

const master = createKey()
const nonce = 'f'.repeat(32)
const graceMs = 2_000

/** An agent with nine containers, whose engine restarts them when it is told to. */
function agent(more: { actions?: 'none'; refusal?: string; diskFailures?: number } = {}) {
  const state = aState()
  const ids = Array.from({ length: 9 }, (_, n) => idOf(String(n + 1)))
  for (const id of ids) state.seeContainer(aContainer({ id }), cause, 0)
  const letGo = Promise.withResolvers<void>()
  const restarted: (readonly [string, number])[] = []
  const kept: Leadership[] = []
  let diskFailures = more.diskFailures ?? 0
  let handle: (signed: Signed) => Promise<CommandReply> = () => Promise.reject(new Error('not yet'))
  const deps: ObeyDeps = {
    bus: { serveCommands: async (it) => void (handle = it) },
    engine: {
      restart: async (id, grace) => {
        restarted.push([id, grace])
        await letGo.promise
        return more.refusal
      },
      inspect: async () => ({ State: { StartedAt: 'now' } }),
    },
    state,
    site: SiteId.parse('s1'),
    host,
    actions: more.actions ?? 'restart',
    nonces: { recent: [nonce] },
    verify: (signed) => verifySigned(signed, [master.publicKey]),
    stateDir: {
      leadership: { epoch: 0 },
      keepLeadership: async (it) => {
        if (diskFailures-- > 0) throw new Error('no space left on device')
        kept.push(it)
      },
    },
    snapshots: { ask: () => undefined },
    clock,
    log,
  }
  void obey(deps, new AbortController().signal)
  let sent = 0
  const signed = (body: object): Signed => {
    const id = (sent += 1).toString(16).padStart(32, '0')
    const command = { v: 1, id, site: 's1', host, epoch: 3, instance: 'one', nonce, ...body }
    return signWith(master.seed)('command', JSON.stringify(command))
  }
  const restart = (container = ids[0], extra: object = {}): Promise<CommandReply> =>
    handle(signed({ verb: 'restart', container, graceMs, ...extra }))
  return {
    ids,
    restarted,
    kept,
    letGo: letGo.resolve,
    signed,
    restart,
    handle: (it: Signed) => handle(it),
  }
}

const said = (reply: CommandReply): unknown =>
  reply.kind === 'done' ? reply.result : reply.kind === 'failed' ? reply.error : reply.reason

test('a restart is done by the engine and answers when it started, beside other commands', async () => {
  const it = agent()
  const reply = it.restart()
  assert.equal((await it.handle(it.signed({ verb: 'ping' }))).kind, 'done')
  it.letGo()
  assert.deepEqual(said(await reply), { startedAt: 'now' })
  assert.deepEqual(it.restarted, [[it.ids[0], graceMs]])
  const [first, second, ...more] = it.kept
  assert.deepEqual(more, [])
  const acting = [first, second].find((leadership) => leadership?.signer !== undefined)
  assert.deepEqual(acting, { epoch: 3, instance: 'one', signer: master.publicKey })
})

test('a command that comes twice restarts once, whatever became of the first answer', async () => {
  const it = agent({ refusal: 'cannot restart it: no space left on device' })
  it.letGo()
  const signed = it.signed({ verb: 'restart', container: it.ids[0] })
  assert.equal(said(await it.handle(signed)), 'cannot restart it: no space left on device')
  assert.equal(said(await it.handle(signed)), 'repeated')
  assert.equal(it.restarted.length, 1)
})

test('eight at a time, and none of them twice at once', async () => {
  const it = agent()
  const replies = it.ids.slice(0, 8).map((id) => it.restart(id))
  assert.equal(said(await it.restart(it.ids[0])), 'a restart of it is under way')
  assert.equal(said(await it.restart(it.ids[8])), 'too-many')
  it.letGo()
  assert.deepEqual([...new Set((await Promise.all(replies)).map((reply) => reply.kind))], ['done'])
  assert.equal(said(await it.restart(it.ids[8], { instance: 'two' })), 'second-instance')
})

test('a disk that fails costs the commands of that moment, and none after it', async () => {
  const it = agent({ diskFailures: 2 })
  it.letGo()
  assert.equal(said(await it.restart()), 'no space left on device')
  assert.equal(said(await it.restart()), 'no space left on device')
  assert.deepEqual(it.restarted, [])
  assert.deepEqual(said(await it.restart()), { startedAt: 'now' })
  assert.equal(it.kept.length, 1)
})

test('what is not there, and what the operator forbids, is said', async () => {
  const it = agent()
  assert.equal(said(await it.restart(idOf('a'))), 'there is no such container here')
  assert.equal(
    said(await it.handle(it.signed({ verb: 'restart' }))),
    'the command names no container',
  )
  const none = agent({ actions: 'none' })
  assert.equal(said(await none.restart()), 'this agent does not change containers')
  assert.deepEqual([...it.restarted, ...none.restarted], [])
})
