/**
 * A container that starts in the gap between the agent's subscription and its list. Real: the engine, the
 * agent, nats-server, a master, an edge with its nginx. A gate before the engine's socket holds the
 * list back after the engine has made it, so the container is certainly not in it; only an event that
 * was subscribed to before can tell of it.
 */
import { test } from 'node:test'
import path from 'node:path'
import { EngineGate } from '../rig/engine-gate.ts'
import { answeredBy } from '../rig/expect.ts'
import { startAgent } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'

/** The next list of everything comes after 30 s: whoever needs it is too late. */
const BEFORE_NEXT_LIST_MS = 15_000

test('a container that starts between subscribe and list is found (I3)', async (t) => {
  await using rig = await Rig.start(t, { hosts: ['alpha'] })
  const { engine, agent, lan } = rig.host('alpha')
  await agent.stop()

  await using gate = await EngineGate.before(engine.socket, path.join(rig.folder.path, 'gate.sock'))
  const list = gate.hold(/\/containers\/json/)
  const stateDir = rig.folder.folder('agent-alpha')
  startAgent(rig.folder, { name: 'agent-gated', stateDir, socket: gate.socket }, lan)
  await list.seen
  await engine.run('between', { labels: { 'roadstead.host': 'between.example.com' } })
  list.release()
  await answeredBy(rig, 'between.example.com', 'between', { withinMs: BEFORE_NEXT_LIST_MS })
})
