/**
 * What visitors lose while routes change, beside the same load without any change. Visitor A opens a
 * connection per request; visitor B keeps his, sends GET and POST in turn and never tries again. Each change
 * pauses or unpauses a container of another domain, so the visited service never changes.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { answeredBy } from '../test/rig/expect.ts'
import { eventually } from '../test/rig/eventually.ts'
import { visitOf } from '../test/rig/parts.ts'
import type { EdgeTier, Rig } from '../test/rig/rig.ts'
import { type Report, Visitor } from '../test/rig/visitor.ts'
import { WebSockets } from '../test/rig/web-sockets.ts'
import { type BenchOptions, type BenchResult, inTier, summarise } from './bench.ts'
import { federation, otherDomains, wallMs } from './federation.ts'

/** A reload takes longer, and costs what it costs after a hundred as well. */
const CHANGES = { live: 500, reload: 100 } as const
/** Connections of visitor B; A has one for each request. */
const CONNECTIONS = 40
const PAUSE_MS = 40
const SOCKETS = 100
const DOMAIN = 'steady.bench.test'

export async function run({ samples, tiers }: BenchOptions): Promise<readonly BenchResult[]> {
  const results: BenchResult[] = []
  for (const tier of tiers) results.push(await lossIn(tier, samples ?? CHANGES[tier]))
  return results
}

async function lossIn(tier: EdgeTier, count: number): Promise<BenchResult> {
  await using rig = await federation({ hosts: ['alpha'], masters: 1, tier })
  const { engine } = rig.host('alpha')
  await otherDomains(rig, ['alpha'], 100)
  const books = rig.folder.folder('books')
  await engine.run('steady', { labels: { 'roadstead.host': DOMAIN }, clerk: { books } })
  await engine.run('changes', { labels: { 'roadstead.host': 'changes.bench.test' } })
  await answeredBy(rig, DOMAIN, 'steady')
  await answeredBy(rig, 'changes.bench.test', 'changes')

  using sockets = await WebSockets.open(visitOf(rig.edge(), DOMAIN), SOCKETS)
  const before = await edgeOf(rig)
  const spans: number[] = []
  const withChanges = await visited(rig, async () => {
    for (let at = 0; at < count; at++) spans.push(await oneChange(rig, at % 2 === 0))
  })
  const after = await edgeOf(rig)
  const { alive } = await sockets.echo('still here')
  const totalMs = spans.reduce((sum, each) => sum + each, 0)
  const without = await visited(rig, () => sleep(totalMs))
  return inTier(
    tier,
    summarise('reload-loss: change → in force', spans, {
      changes: count,
      reloads: (after?.nginx.reloads ?? 0) - (before?.nginx.reloads ?? 0),
      withChanges,
      without,
      webSockets: { opened: SOCKETS, alive },
    }),
  )
}

/** By the edge's own clock, which is ours: the API is asked at its own pace, and bounds that. */
async function oneChange(rig: Rig, pause: boolean): Promise<number> {
  const before = (await edgeOf(rig))?.inForce?.generation
  const container = rig.host('alpha').engine.container('changes')
  const beganMs = wallMs()
  await (pause ? container.pause() : container.unpause())
  const changed = async (): Promise<number | undefined> => {
    const edge = await edgeOf(rig)
    return edge?.inForce?.generation === before ? undefined : edge?.applied?.answeringMs
  }
  return (await eventually('the change is in force', changed, { withinMs: 20_000 })) - beganMs
}

async function edgeOf(rig: Rig) {
  const { leader } = await rig.leader()
  return (await leader.api.edges())[0]
}

async function visited(rig: Rig, during: () => Promise<void>): Promise<Record<string, unknown>> {
  const visit = visitOf(rig.edge(), DOMAIN)
  const a = Visitor.a(visit, { atOnce: 2, pauseMs: PAUSE_MS })
  const b = Visitor.b(visit, { atOnce: CONNECTIONS, pauseMs: PAUSE_MS })
  await during()
  return { visitorA: counted(await a.leave()), visitorB: counted(await b.leave()) }
}

function counted({ requests, failures, slowestMs }: Report) {
  const lost = Object.values(failures).reduce((sum, each) => sum + each, 0)
  return { requests, lost, kinds: failures, slowestMs }
}
