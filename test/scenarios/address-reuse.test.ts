/**
 * A container takes over the address and the port of one that was removed a moment ago. Real: a Docker
 * Engine with its agent, nats-server, a master, an edge with its nginx, once of each tier, and a visitor
 * who goes on asking for the first one's domain and must never be answered by the other.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at } from '../rig/at.ts'
import { accepts } from '../rig/bus-servers.ts'
import { eventually } from '../rig/eventually.ts'
import { answeredBy } from '../rig/expect.ts'
import { freePorts } from '../rig/free-ports.ts'
import { visitOf } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { Visitor } from '../rig/visitor.ts'

const SUBNET = '10.241.7.0/24'
const IP = '10.241.7.50'
const ROUNDS = 3
/** In each round, while the next one already answers at the address. */
const VISITS_MIN = 50

for (const tier of ['live', 'reload'] as const) {
  test(`whoever takes over an address gets no request of the one before, ${tier} tier`, async (t) => {
    await using rig = await Rig.start(t, { hosts: ['alpha'], tier })
    const { engine, lan } = rig.host('alpha')
    await engine.createNetwork('fixed', SUBNET)
    const publish = at(await freePorts(1), 0)
    const place = { network: 'fixed', ip: IP, publish, stopAfterS: 0 }
    const label = (domain: string) => ({ labels: { 'roadstead.host': domain }, ...place })

    for (let round = 0; round < ROUNDS; round += 1) {
      const [old, next] = [`old-${round}`, `next-${round}`]
      await engine.run(old, label(`${old}.example.com`))
      // It exists already, so that nothing but its start lies between the two.
      await engine.create(next, label(`${next}.example.com`))
      await answeredBy(rig, `${old}.example.com`, old)
      const visit = visitOf(rig.edge(), `${old}.example.com`, { by: () => [old] })
      await using a = Visitor.a(visit, { pauseMs: 1 })
      await using b = Visitor.b(visit, { pauseMs: 1 })
      await engine.remove(old)
      await engine.container(next).start()
      const listens = (): Promise<boolean> => accepts(lan.address, publish)
      await eventually('the next one listens', listens, { withinMs: 5_000 })
      const before = a.report().requests + b.report().requests
      await answeredBy(rig, `${next}.example.com`, next)
      const since = () => a.report().requests + b.report().requests - before
      await eventually('enough visits', () => since() >= VISITS_MIN, { withinMs: 20_000 })
      const reports = await Promise.all([a.leave(), b.leave()])
      for (const { failures } of reports) {
        const strangers = Object.keys(failures).filter((kind) => kind.startsWith('answered by'))
        assert.deepEqual(strangers, [])
      }
      await engine.remove(next)
    }
  })
}
