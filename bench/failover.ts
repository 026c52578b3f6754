/**
 * SIGKILL of the leader → a table of the next leadership in force at the edge; and the same for a
 * clean stop. A visitor of type A visits all the while.
 */
import { answeredBy } from '../test/rig/expect.ts'
import { eventually } from '../test/rig/eventually.ts'
import { visitOf } from '../test/rig/parts.ts'
import type { Master } from '../test/rig/parts.ts'
import type { Rig } from '../test/rig/rig.ts'
import { Visitor } from '../test/rig/visitor.ts'
import { type BenchOptions, type BenchResult, summarise } from './bench.ts'
import { federation, otherDomains } from './federation.ts'

const SAMPLES = 20
const DOMAIN = 'steady.bench.test'

export async function run({ samples = SAMPLES }: BenchOptions): Promise<readonly BenchResult[]> {
  await using rig = await federation({ hosts: ['alpha'], masters: 2 })
  await otherDomains(rig, ['alpha'], 100)
  await rig.host('alpha').engine.run('steady', { labels: { 'roadstead.host': DOMAIN } })
  await answeredBy(rig, DOMAIN, 'steady')
  const killed = await series(rig, 'failover after SIGKILL', samples, (leader) =>
    leader.process.kill(),
  )
  const stopped = await series(rig, 'failover after a clean stop', samples, async (leader) => {
    await leader.process.stop()
  })
  return [killed, stopped]
}

async function series(
  rig: Rig,
  name: string,
  count: number,
  end: (leader: Master) => Promise<void>,
): Promise<BenchResult> {
  await using visitor = Visitor.a(visitOf(rig.edge(), DOMAIN))
  const times: number[] = []
  for (let at = 0; at < count; at++) times.push(await failover(rig, end))
  const { requests, failures } = await visitor.leave()
  return summarise(name, times, { visitorA: { requests, failures } })
}

async function failover(rig: Rig, end: (leader: Master) => Promise<void>): Promise<number> {
  const { leader, epoch } = await rig.leader()
  const standby = await rig.standby()
  const beganMs = performance.now()
  const ending = end(leader)
  await eventually('the next table is in force', () => inForceSince(standby, epoch), {
    withinMs: 30_000,
  })
  const tookMs = performance.now() - beganMs
  await ending
  await leader.process.restart()
  await eventually('the pair is whole again', () => follows(leader), { withinMs: 30_000 })
  return tookMs
}

async function inForceSince(master: Master, epoch: number): Promise<boolean> {
  const [edge] = await master.api.edges()
  return edge?.inForce !== undefined && edge.inForce.epoch > epoch
}

async function follows(master: Master): Promise<boolean> {
  const hosts = await master.api.hosts()
  return hosts.length > 0 && hosts.every((host) => host.synced)
}
