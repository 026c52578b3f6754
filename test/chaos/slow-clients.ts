import { ask } from '../rig/ask.ts'
import { eventually } from '../rig/eventually.ts'
import { answeredBy } from '../rig/expect.ts'
import { type Edge, visitOf } from '../rig/parts.ts'
import type { Rig } from '../rig/rig.ts'
import { SlowClients, type Slowness } from '../rig/slow-clients.ts'
import { Visitor } from '../rig/visitor.ts'
import { failuresOf, lostOf, type Proof, requestsOf, wrongIf } from './proof.ts'

export interface SlowOptions {
  readonly ofEachKind: number
}

const DOMAIN = 'porter.example.com'
/** Requests of the visitors themselves. */
const SPARE = 10
const ENDED_MS_MAX = 120_000
const SLOWEST_MS_MAX = 3_000

/**
 * Slow clients of every kind at an edge of each tier, until nginx has ended whoever says nothing for 15 s
 * in a header, or for 60 s in a body or in taking an answer.
 */
export async function slowClients(rig: Rig, { ofEachKind }: SlowOptions): Promise<Proof> {
  const { engine } = rig.host('alpha')
  await engine.run('porter', { labels: { 'roadstead.host': DOMAIN }, porter: true })
  for (const edge of rig.edges.keys()) await answeredBy(rig, DOMAIN, 'porter', { edge })
  const visited = await Promise.all(rig.edges.map((edge) => visit(edge, rig, ofEachKind)))
  const reports = visited.map(({ report }) => report)
  const slowestMs = Math.max(...reports.map((each) => each.slowestMs))
  const left = visited.flatMap((each) => each.left)
  return {
    name: `${ofEachKind} slow clients of each kind`,
    wrong: [
      ...wrongIf(lostOf(reports) > 0, `visitors lost ${JSON.stringify(failuresOf(reports))}`),
      ...wrongIf(slowestMs > SLOWEST_MS_MAX, `the slowest visit took ${slowestMs} ms`),
      ...left,
    ],
    figures: { requests: requestsOf(reports), slowestMs, endedS: visited.map((it) => it.endedS) },
  }
}

async function visit(edge: Edge, { edges }: Rig, count: number) {
  const beganMs = performance.now()
  using stack = new DisposableStack()
  const open = async (kind: Slowness) =>
    stack.use(await SlowClients.open(edge, DOMAIN, kind, count))
  const [dripping, header, stalled] = [
    await open('body'),
    await open('header'),
    await open('stalled'),
  ]
  await open('reader')
  await using visitor = Visitor.a(visitOf(edge, DOMAIN, { by: () => ['porter'] }))
  // A reader who takes nothing does not see the end of his connection; the porter sees that of his own.
  const drips = edges.length * count
  const isLet = async () => Number((await ask(edge, `${DOMAIN}/underway`)).body) <= drips + SPARE
  const isEnded = async () => header.ended === count && stalled.ended === count && (await isLet())
  await eventually('nginx ends them', isEnded, { withinMs: ENDED_MS_MAX }).catch(() => false)
  const left = [
    ...wrongIf(header.ended < count, `${edge.name} waits for ${count - header.ended} headers`),
    ...wrongIf(stalled.ended < count, `${edge.name} waits for ${count - stalled.ended} bodies`),
    ...wrongIf(!(await isLet()), `${edge.name} waits for readers`),
    ...wrongIf(dripping.ended > 0, `${edge.name} ended who sends a little now and then`),
  ]
  const endedS = Math.round((performance.now() - beganMs) / 1_000)
  return { report: await visitor.leave(), left, endedS }
}
