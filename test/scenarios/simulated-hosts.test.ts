/**
 * Hosts whose engine is simulated are hosts like any other. Real: three agents, nats-server, a master, an
 * edge with its nginx, and the programs in the containers, which the simulator runs itself. No root.
 */
import { test } from 'node:test'
import { answeredBy, answeredByAll, answeredByNobody } from '../rig/expect.ts'
import { Rig } from '../rig/rig.ts'

const names = ['alpha', 'beta', 'gamma'] as const
const pooled = {
  labels: { 'roadstead.host': 'pool.example.com', 'roadstead.service': 'pool' },
  port: 8080,
}

test('simulated hosts serve visitors as real ones do', async (t) => {
  await using rig = await Rig.start(t, { hosts: names, engine: 'simulated' })

  await rig.step('containers of three hosts share one service', async () => {
    for (const name of names) await rig.host(name).engine.run(`pool-${name}`, pooled)
    await answeredByAll(
      rig,
      'pool.example.com',
      names.map((name) => `pool-${name}`),
    )
  })

  await rig.step('what is stopped gets no visitors any more', async () => {
    await rig.host('alpha').engine.remove('pool-alpha')
    await rig.host('beta').engine.remove('pool-beta')
    await answeredBy(rig, 'pool.example.com', 'pool-gamma')
    await rig.host('gamma').engine.remove('pool-gamma')
    await answeredByNobody(rig, 'pool.example.com')
  })
})
