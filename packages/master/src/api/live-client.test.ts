import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LiveClient, type LiveSocket } from './live-client.ts'

const MIB = 1024 * 1024

function clientOf(socket: Partial<LiveSocket> & { sent?: string[] } = {}) {
  const sent: string[] = []
  const pings: number[] = []
  const state = { bufferedAmount: 0 }
  const client = new LiveClient(
    {
      get bufferedAmount() {
        return state.bufferedAmount
      },
      send: (text) => sent.push(text),
      ping: () => pings.push(1),
      close: () => undefined,
      terminate: () => undefined,
      ...socket,
    },
    () => true,
    0,
  )
  return { client, sent, pings, state }
}

test('a reader that does not read is told once, and nothing more is queued for it', () => {
  const { client, sent, state } = clientOf()
  assert.equal(client.offer('a', 0), 'sent')
  state.bufferedAmount = MIB + 1
  assert.equal(client.offer('b', 10), 'began-lagging')
  assert.equal(client.offer('c', 20), 'lagging')
  assert.deepEqual(sent, ['a', '{"kind":"lagged"}'])
})

test('it gets a snapshot when it has drained, and goes when it never does', () => {
  const { client, state } = clientOf()
  state.bufferedAmount = MIB + 1
  client.offer('a', 0)
  assert.equal(client.judgeLag(1_000), 'waits')
  state.bufferedAmount = 0
  assert.equal(client.judgeLag(2_000), 'drained')
  assert.equal(client.judgeLag(2_000), 'fine')
  assert.equal(client.offer('b', 3_000), 'sent')

  const slow = clientOf()
  slow.state.bufferedAmount = MIB + 1
  slow.client.offer('a', 0)
  assert.equal(slow.client.judgeLag(30_001), 'hopeless')

  const deaf = clientOf()
  deaf.state.bufferedAmount = 8 * MIB + 1
  deaf.client.offer('a', 0)
  assert.equal(deaf.client.judgeLag(1), 'hopeless')
})

test('an idle connection is kept alive, and one that no longer answers is given up', () => {
  const { client, sent, pings } = clientOf()
  assert.equal(client.keepAlive(9_999, 'idle'), true)
  assert.deepEqual(sent, [])
  assert.equal(client.keepAlive(10_000, 'idle'), true)
  assert.deepEqual(sent, ['idle'])
  assert.equal(client.keepAlive(20_000, 'idle'), true)
  assert.equal(pings.length, 1)
  client.heard(20_001)
  assert.equal(client.keepAlive(65_000, 'idle'), true)
  assert.equal(client.keepAlive(65_002, 'idle'), false)
})
