import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { systemClock } from '@roadstead/shared/kernel/clock.ts'
import type { HostView } from '@roadstead/shared/protocol/http.ts'
import { LiveFrame } from '@roadstead/shared/protocol/live.ts'
import { eventually } from '../../../../test/rig/eventually.ts'
import { exampleFacts } from '../core/examples.ts'
import { ADMIN_TOKEN, type ApiOnTrial, apiOnTrial } from './api-on-trial.ts'
import { SESSION_COOKIE } from './guard.ts'

const SOON = { withinMs: 15_000 }

test('a client gets a snapshot, then patches that build on one another', async () => {
  await using trial = await listening()
  await using client = await open(trial)
  client.hello()
  const snapshot = await client.frame('snapshot')
  assert.deepEqual(snapshot.state.hosts, [])

  show(trial, 'alpha')
  const first = await client.frame('patch')
  assert.equal(first.from, snapshot.revision)
  show(trial, 'alpha', 'beta')
  const second = await client.frame('patch')
  assert.equal(second.from, first.revision)
  assert.deepEqual(
    second.patch.hosts?.up.map(({ id }) => id),
    ['alpha', 'beta'],
  )
})

test('many changes at once are one patch', async () => {
  await using trial = await listening()
  await using client = await open(trial)
  client.hello()
  await client.frame('snapshot')
  show(trial, 'alpha')
  await client.frame('patch')
  for (let count = 0; count < 100; count += 1) show(trial, 'alpha', `h${count}`)
  const patch = await client.frame('patch')
  assert.equal(patch.patch.hosts?.up[1]?.id, 'h99')
})

test('who comes back gets only what it missed, of this life of the master', async () => {
  await using trial = await listening()
  await using staying = await open(trial)
  staying.hello()
  const { instance, revision } = await staying.frame('snapshot')
  show(trial, 'alpha')
  await staying.frame('patch')

  await using back = await open(trial)
  back.hello({ instance, revision })
  const missed = await back.frame('patch')
  assert.equal(missed.from, revision)
  await using other = await open(trial)
  other.hello({ instance: 'another-life', revision })
  assert.equal((await other.frame('snapshot')).revision, missed.revision)
  await using ahead = await open(trial)
  ahead.hello({ instance, revision: revision + 1_000 })
  await ahead.frame('snapshot')
})

test('a shutdown says goodbye first', async () => {
  await using trial = await listening()
  await using client = await open(trial)
  client.hello()
  await client.frame('snapshot')
  trial.feed.end('shutdown', 'http://127.0.0.1:7071')
  const goaway = await client.frame('goaway')
  assert.equal(goaway.leaderUrl, 'http://127.0.0.1:7071')
  await eventually('closed', () => client.code() === 1012, SOON)
})

test('without a sign-in, or from a page of somebody else, nobody gets a socket', async () => {
  await using trial = await listening()
  const cookie = await signIn(trial)
  const own = origin(trial)
  const cases: readonly (readonly [Record<string, string>, boolean])[] = [
    [{}, false],
    [{ authorization: 'Bearer wrong' }, false],
    [{ cookie }, false],
    [{ cookie, origin: 'http://evil.example' }, false],
    [{ cookie, origin: `${own}/` }, false],
    [{ cookie, origin: own }, true],
    [{ authorization: `Bearer ${ADMIN_TOKEN}` }, true],
    [{ authorization: `Bearer ${ADMIN_TOKEN}`, origin: 'http://evil.example' }, false],
  ]
  for (const [headers, allowed] of cases) {
    const outcome = await open(trial, headers).then(
      async (client) => {
        await client[Symbol.asyncDispose]()
        return true
      },
      () => false,
    )
    assert.equal(outcome, allowed, JSON.stringify(headers))
  }
})

test('nonsense, a second hello and a message that is too long end the connection', async () => {
  await using trial = await listening()
  for (const words of [['nonsense'], ['{"kind":"sub"}'], ['x'.repeat(70_000)]]) {
    await using client = await open(trial)
    for (const text of words) client.say(text)
    await eventually('closed', () => client.code() === 1008 || client.code() === 1009, SOON)
  }
  await using twice = await open(trial)
  twice.hello()
  twice.hello()
  await eventually('closed', () => twice.code() === 1008, SOON)
})

test('one caller has a limited number of sockets, and gets them back', async () => {
  await using trial = await listening()
  await using stack = new AsyncDisposableStack()
  for (let count = 0; count < 8; count += 1) stack.use(await open(trial))
  await assert.rejects(open(trial))
  await stack.disposeAsync()
  const again = await eventually('room again', () => open(trial), SOON)
  await again[Symbol.asyncDispose]()
})

async function listening(): Promise<ApiOnTrial> {
  const trial = await apiOnTrial(systemClock)
  await trial.app.listen({ host: '127.0.0.1', port: 0 })
  return trial
}

function origin({ app }: ApiOnTrial): string {
  const address = app.server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

async function signIn({ app }: ApiOnTrial): Promise<string> {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/v1/session',
    headers: { host: 'localhost' },
    payload: { token: ADMIN_TOKEN },
  })
  return `${SESSION_COOKIE}=${answer.cookies[0]?.value}`
}

function show(trial: ApiOnTrial, ...names: readonly string[]): void {
  trial.state.live = { ...trial.state.live, hosts: names.map(host) }
  trial.feed.touch()
}

function host(id: string): HostView {
  return {
    id,
    name: id,
    presence: 'present',
    presenceSince: '',
    engineState: 'answering',
    synced: true,
    boot: 1,
    seq: 1,
    containers: 0,
    running: 0,
    endpoints: 0,
    spooled: 0,
    facts: exampleFacts(id),
    networks: [],
  }
}

/** A client of the real server, by Node's own WebSocket. */
async function open(
  trial: ApiOnTrial,
  headers: Record<string, string> = { authorization: `Bearer ${ADMIN_TOKEN}` },
) {
  const url = `${origin(trial).replace('http', 'ws')}/api/v1/live`
  // Node's client takes headers, which a browser's does not.
  const socket = new WebSocket(url, { headers })
  const frames: LiveFrame[] = []
  let code = 0
  socket.addEventListener('message', ({ data }) => {
    frames.push(LiveFrame.parse(JSON.parse(String(data))))
  })
  socket.addEventListener('close', (event) => (code = event.code))
  await Promise.race([
    once(socket, 'open'),
    once(socket, 'error').then(() => Promise.reject(new Error('refused'))),
  ])
  return {
    code: () => code,
    say: (text: string) => socket.send(text),
    hello: (resume?: { instance: string; revision: number }) =>
      socket.send(JSON.stringify({ kind: 'hello', ...(resume && { resume }) })),
    frame: async <Kind extends LiveFrame['kind']>(kind: Kind) => {
      const frame = await eventually(`a ${kind}`, () => frames.shift(), SOON)
      assert.equal(frame.kind, kind)
      return frame as Extract<LiveFrame, { kind: Kind }>
    },
    [Symbol.asyncDispose]: async () => {
      socket.close()
      await eventually('closed', () => socket.readyState === WebSocket.CLOSED, SOON)
    },
  }
}
