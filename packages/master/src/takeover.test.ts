import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calm, eventually, throughout } from '../../../test/rig/eventually.ts'
import { exampleSeen } from './core/examples.ts'
import { drainKey } from './core/runs/refs.ts'
import {
  EDGE,
  epochOf,
  HOST,
  reportQuiet,
  SOON,
  startNats,
  startPair,
  web,
} from './testing/federation.ts'
import { Lagging } from './testing/hears.ts'

test('who takes over writes no table before it has read what the leader before it decided', async () => {
  await using nats = await startNats()
  const lag = new Lagging()
  await using pair = await startPair(nats, lag.hears)
  const { agent, edge, leader, standby } = pair
  const { id: container } = web(1)

  lag.hold()
  const drain = { kind: 'drain', host: HOST, container, by: 'me', why: '', since: 'now' } as const
  await leader.pen.write([{ key: drainKey(drain), decision: drain }])
  await eventually('it is out', () => edge.endpoints() === 1, SOON)
  await leader[Symbol.asyncDispose]()
  await eventually('the standby leads', () => epochOf(standby) === 2, SOON)
  await agent.say(exampleSeen(agent.next(), web(3)))
  await throughout(
    'the last table stays',
    () => assert.equal(edge.manifest()?.epoch, 1, 'a container that was taken out is back'),
    calm(1_000),
  )

  lag.release()
  await eventually('its table is out', () => edge.manifest()?.epoch === 2, SOON)
  assert.equal(edge.endpoints(), 2)
  assert.doesNotMatch(JSON.stringify(edge.manifest()?.inline), new RegExp(container))
})

test('who takes over commands nothing before it has read what the leader before it commanded', async () => {
  await using nats = await startNats()
  const lag = new Lagging()
  await using pair = await startPair(nats, lag.hears)
  const { agent, edge, leader, standby } = pair
  let commands = 0
  // That it has started again is not seen meanwhile.
  agent.serve(async ({ verb }) => {
    if (verb === 'restart') commands += 1
  })
  const { id } = await leader.office.begin({ verb: 'restart', container: 'c1', why: '' }, 'me')
  await eventually('it is out', () => edge.endpoints() === 1, SOON)
  const phase = () => standby.read.runs().find((run) => run.id === id)?.members[0]?.phase
  await eventually('the standby knows', () => phase() === 'draining', SOON)
  const { version } = edge.manifest() ?? {}
  const isRead = () => standby.state.desired.get(EDGE)?.version === version
  await eventually('and has read the table', isRead, SOON)
  const beat = () => (agent.beat([web(1), web(2)]), standby.state.hearing.has(HOST))
  await eventually('and could command', beat, SOON)

  lag.hold()
  await reportQuiet(edge)
  await eventually('it is commanded', () => commands === 1, SOON)
  await leader[Symbol.asyncDispose]()
  await eventually('the standby leads', () => epochOf(standby) === 2, SOON)
  await throughout('once', () => assert.equal(commands, 1), calm(2_500))
  lag.release()
  await eventually('the standby knows', () => phase() !== 'draining', SOON)
  await throughout('once', () => assert.equal(commands, 1), calm(500))
})
