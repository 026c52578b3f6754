import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKey } from '@roadstead/bus/identity.ts'
import { objectKey } from '@roadstead/bus/ports.ts'
import { MasterId, type PublicKey } from '@roadstead/shared/kernel/ids.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import { eventually } from '../../../test/rig/eventually.ts'
import { keptObject } from './core/objects/kept-objects.ts'
import type { Master } from './master.ts'
import { EDGE, epochOf, SOON, startEdge, startMaster, startNats } from './testing/federation.ts'

const team = { kind: 'users', name: 'team' } as const
const ann = 'ann:$apr1$hash0of0ann$x'
const bob = 'bob:$apr1$hash0of0bob$x'
const linesOf = (...lines: readonly string[]) => JSON.stringify({ lines })

test('users reach the edge sealed to it alone, and are gone when they are removed', async () => {
  await using nats = await startNats()
  await using edge = startEdge(nats)
  await using leader = await leading(nats, 'm1')
  await edge.report()
  await leader.objectOffice.setUsers('team', [ann], 'test')
  await eventually('ann', async () => (await edge.opened('team')) === linesOf(ann), SOON)
  const stored = await read(leader)
  assert.doesNotMatch(stored?.text ?? '', /hash0of0/)
  const to = (stored?.text ?? '').match(/"to":"(\w+)"/g)
  assert.deepEqual(to, [`"to":"${nats.user('edge', EDGE).publicKey}"`])

  await leader.objectOffice.changeUsers('team', { set: [bob], remove: [] }, 'test')
  await eventually('both', async () => (await edge.opened('team')) === linesOf(ann, bob), SOON)

  await leader.objectOffice.remove(team, 'test')
  await eventually('none', () => edge.manifest()?.objects === undefined, SOON)
  await eventually('no text', async () => (await read(leader))?.text === undefined, SOON)
})

test('the next leader goes on from the texts that are stored, and can change them', async () => {
  await using nats = await startNats()
  await using edge = startEdge(nats)
  let before: Awaited<ReturnType<typeof read>>
  await using standby = await (async () => {
    await using leader = await leading(nats, 'm1')
    const other = await startMaster(nats, 'm2')
    await edge.report()
    await leader.objectOffice.setUsers('team', [ann], 'test')
    await eventually('ann', async () => (await edge.opened('team')) === linesOf(ann), SOON)
    before = await read(leader)
    return other
  })()
  const { epoch } = edge.manifest() ?? assert.fail()
  await eventually('it leads', () => epochOf(standby) > epoch, SOON)
  await eventually('its table', () => (edge.manifest()?.epoch ?? 0) > epoch, SOON)
  await eventually('named', async () => (await edge.opened('team')) === linesOf(ann), SOON)
  assert.deepEqual(await read(standby), before)

  await standby.objectOffice.changeUsers('team', { set: [bob], remove: ['ann'] }, 'test')
  await eventually('bob', async () => (await edge.opened('team')) === linesOf(bob), SOON)
})

test('a master that is enrolled later is sealed for, and one that is taken back no longer', async () => {
  await using nats = await startNats()
  await using leader = await leading(nats, 'm1')
  const kept = await leader.objectOffice.setUsers('team', [ann], 'test')
  const third = createKey()
  const now = () => keptObject(leader.state.graph.decisions, team)
  const isFor = (key: PublicKey) => now()?.sealed.keys.some(({ to }) => to === key) === true

  await enrol(leader, third.publicKey, false)
  await eventually('sealed for it', () => isFor(third.publicKey), SOON)
  assert.equal(now()?.version, kept.version)
  assert.equal(now()?.sealed.keys.length, 3)

  await enrol(leader, third.publicKey, true)
  await eventually('no longer', () => !isFor(third.publicKey), SOON)
  assert.equal(leader.objectOffice.textOf(now() ?? assert.fail()), linesOf(ann))
})

test('a text that was overwritten is written again, and sealed anew for a new key', async () => {
  await using nats = await startNats()
  await using edge = startEdge(nats)
  await using leader = await leading(nats, 'm1')
  await edge.report()
  await leader.objectOffice.setUsers('team', [ann], 'test')
  await eventually('ann', async () => (await edge.opened('team')) === linesOf(ann), SOON)

  await leader.leadership.write(objectKey(leader.self.site, EDGE, team), '{"stream":"EVT"}')
  await eventually('again', async () => (await edge.opened('team')) === linesOf(ann), SOON)

  const newer = createKey().publicKey
  await edge.report({ publicKey: newer })
  const isForIt = async () => (await read(leader))?.text?.includes(newer) === true
  await eventually('sealed anew', isForIt, SOON)
  await eventually(
    'not for the one before',
    async () => (await edge.opened('team')) === 'not-for-us',
    SOON,
  )
})

test('a text that was deleted is written again, and the object is named meanwhile', async () => {
  await using nats = await startNats()
  await using edge = startEdge(nats)
  await using leader = await leading(nats, 'm1')
  await edge.report()
  await leader.objectOffice.setUsers('team', [ann], 'test')
  await eventually('ann', async () => (await edge.opened('team')) === linesOf(ann), SOON)
  const { site } = leader.self
  // As the loss of one key looks to whoever publishes: deleted, and not by him.
  await leader.leadership.write(objectKey(site, EDGE, team), undefined)
  await eventually('again', async () => (await edge.opened('team')) === linesOf(ann), SOON)
  assert.equal(edge.manifest()?.objects?.length, 1)
})

async function leading(nats: Awaited<ReturnType<typeof startNats>>, id: string) {
  const master = await startMaster(nats, id)
  await eventually('it leads', () => epochOf(master) > 0, SOON)
  return master
}

function read(master: Master) {
  return master.outside.bus.control.read(objectKey(master.self.site, EDGE, team))
}

async function enrol(leader: Master, publicKey: PublicKey, revoked: boolean): Promise<void> {
  const id = MasterId.parse('m3')
  const decision: Decision = {
    kind: 'identity',
    role: 'master',
    id,
    publicKey,
    name: 'm3',
    revoked,
    since: '',
  }
  await leader.pen.write([{ key: 'd.identity.master.m3', decision }])
}
