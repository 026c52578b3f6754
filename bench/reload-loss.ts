/**
 * What visitors lose in 100 reloads, beside the same load without any. Visitor A opens a connection per
 * request; visitor B keeps his connections, sends GET and POST in turn and never tries again. Each
 * change pauses or unpauses a container of another domain, so the visited service never changes.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { answeredBy } from '../test/rig/expect.ts'
import { eventually } from '../test/rig/eventually.ts'
import { visitOf } from '../test/rig/parts.ts'
import type { Rig } from '../test/rig/rig.ts'
import { type Report, Visitor } from '../test/rig/visitor.ts'
import { type BenchOptions, type BenchResult, summarise } from './bench.ts'
import { federation, otherDomains } from './federation.ts'

const RELOADS = 100
const VISITORS_OF_A_KIND = 4
const DOMAIN = 'steady.bench.test'

export async function run({ samples = RELOADS }: BenchOptions): Promise<readonly BenchResult[]> {
  await using rig = await federation({ hosts: ['alpha'], masters: 1 })
  const { engine } = rig.host('alpha')
  await otherDomains(rig, 'alpha', 100)
  await engine.run('steady', { labels: { 'roadstead.host': DOMAIN } })
  await engine.run('changes', { labels: { 'roadstead.host': 'changes.bench.test' } })
  await answeredBy(rig, DOMAIN, 'steady')
  await answeredBy(rig, 'changes.bench.test', 'changes')

  const spans: number[] = []
  const withReloads = await visited(rig, async () => {
    for (let at = 0; at < samples; at++) spans.push(await oneReload(rig, at % 2 === 0))
  })
  const totalMs = spans.reduce((sum, each) => sum + each, 0)
  const without = await visited(rig, () => sleep(totalMs))
  return [summarise('reload-loss: change → reloaded', spans, { withReloads, without })]
}

async function oneReload(rig: Rig, pause: boolean): Promise<number> {
  const before = await reloads(rig)
  const container = rig.host('alpha').engine.container('changes')
  const beganMs = performance.now()
  await (pause ? container.pause() : container.unpause())
  await eventually('nginx was reloaded', async () => (await reloads(rig)) > before, {
    withinMs: 20_000,
  })
  return performance.now() - beganMs
}

async function reloads(rig: Rig): Promise<number> {
  const { leader } = await rig.leader()
  const [edge] = await leader.api.edges()
  return edge?.nginx.reloads ?? 0
}

async function visited(rig: Rig, during: () => Promise<void>): Promise<Record<string, unknown>> {
  const visit = visitOf(rig.edge(), DOMAIN)
  const some = (make: () => Visitor): Visitor[] => Array.from({ length: VISITORS_OF_A_KIND }, make)
  const visitorsA = some(() => Visitor.a(visit))
  const visitorsB = some(() => Visitor.b(visit))
  await during()
  const leave = async (all: Visitor[]): Promise<Report[]> =>
    Promise.all(all.map((visitor) => visitor.leave()))
  return { visitorA: added(await leave(visitorsA)), visitorB: added(await leave(visitorsB)) }
}

function added(reports: readonly Report[]): { requests: number; lost: number; kinds: object } {
  const kinds: Record<string, number> = {}
  for (const report of reports) {
    for (const [kind, count] of Object.entries(report.failures))
      kinds[kind] = (kinds[kind] ?? 0) + count
  }
  const lost = Object.values(kinds).reduce((sum, each) => sum + each, 0)
  return { requests: reports.reduce((sum, each) => sum + each.requests, 0), lost, kinds }
}
