/**
 * `docker-compose up -d --force-recreate` through the socket that the agent offers. Real: a Docker Engine,
 * Compose, the agent, nats-server, a master, an edge with its nginx and its Lua module, and visitor
 * B with POSTs that are written down where they arrive. The long form is part of `npm run chaos`.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forceRecreate } from '../chaos/force-recreate.ts'
import { Rig } from '../rig/rig.ts'

const SHORT = { rounds: 1, clients: 8, pauseMs: 20 }

test('compose recreates what it runs through the drain-aware socket', async (t) => {
  const options = { hosts: ['alpha'], tier: 'live', drainLimitS: 20 } as const
  await using rig = await Rig.start(t, options)

  await rig.step('two replicas with HEALTHCHECK: nothing is lost', async () => {
    const { wrong, figures } = await forceRecreate(rig, { ...SHORT, kind: 'two' })
    t.diagnostic(JSON.stringify(figures))
    assert.deepEqual(wrong, [])
  })

  await rig.step('one that holds: nothing fails, some wait', async () => {
    const { wrong, figures } = await forceRecreate(rig, { ...SHORT, kind: 'held' })
    t.diagnostic(JSON.stringify(figures))
    assert.deepEqual(wrong, [])
  })

  await rig.step('one that does not: 503 until it is back, and nothing else', async () => {
    const { wrong, figures } = await forceRecreate(rig, { ...SHORT, kind: 'one' })
    t.diagnostic(JSON.stringify(figures))
    assert.deepEqual(wrong, [])
  })
})
