import type { EdgeView } from '@roadstead/shared/protocol/http.ts'
import { settle } from '../rig/books.ts'
import { eventually } from '../rig/eventually.ts'
import { answeredBy } from '../rig/expect.ts'
import { visitOf } from '../rig/parts.ts'
import type { Rig } from '../rig/rig.ts'
import { Visitor } from '../rig/visitor.ts'
import { failuresOf, lostOf, type Proof, sumsOf, wrongIf } from './proof.ts'

export interface ChangesOptions {
  readonly changes: number
  readonly connections: number
  readonly pauseMs: number
}

const STEADY = 'steady.example.com'
const CHANGE_MS_MAX = 20_000

/**
 * Another domain changes again and again in the live tier, each time by the pause of its container or the
 * end of that. Visitor B, whose domain never changes, must not notice.
 */
export async function changesLive(rig: Rig, options: ChangesOptions): Promise<Proof> {
  const { changes, connections, pauseMs } = options
  const { engine } = rig.host('alpha')
  const books = rig.folder.folder('books')
  await engine.run('steady', { labels: { 'roadstead.host': STEADY }, clerk: { books } })
  await engine.run('moody', { labels: { 'roadstead.host': 'moody.example.com' } })
  await answeredBy(rig, STEADY, 'steady')
  await answeredBy(rig, 'moody.example.com', 'moody')

  const visit = visitOf(rig.edge(), STEADY, { by: () => ['steady'] })
  await using visitor = Visitor.b(visit, { atOnce: connections, pauseMs })
  const before = await edgeOf(rig)
  const beganMs = performance.now()
  for (let change = 0; change < changes; change += 1) await oneChange(rig, change % 2 === 0)
  const changeMs = Math.round((performance.now() - beganMs) / changes)
  const report = await visitor.leave()
  const after = await edgeOf(rig)
  const lost = lostOf([report])
  const reloads = after.nginx.reloads - before.nginx.reloads
  const pushes = (after.nginx.pushes ?? 0) - (before.nginx.pushes ?? 0)
  const settled = settle(books, [report])
  const { requests, slowestMs } = report
  return {
    name: `${changes} changes without a reload`,
    wrong: [
      ...wrongIf(lost > 0, `visitor B lost ${lost}`),
      ...wrongIf(settled.repeated > 0, `${settled.repeated} POSTs were done twice`),
      ...wrongIf(reloads > 0, `nginx was reloaded ${reloads} times`),
      ...wrongIf(pushes < changes, `there were only ${pushes} pushes`),
      ...wrongIf(requests < changes, `there were only ${requests} requests`),
    ],
    sums: { ...sumsOf('live', changes, report, settled), lost },
    figures: {
      visitorB: { requests, lost, kinds: failuresOf([report]), slowestMs },
      pushes,
      changeMs,
    },
  }
}

async function oneChange(rig: Rig, pause: boolean): Promise<void> {
  const { inForce: before } = await edgeOf(rig)
  const container = rig.host('alpha').engine.container('moody')
  await (pause ? container.pause() : container.unpause())
  await eventually(
    'the change is in force',
    async () => (await edgeOf(rig)).inForce?.generation !== before?.generation,
    { withinMs: CHANGE_MS_MAX },
  )
}

async function edgeOf(rig: Rig): Promise<EdgeView> {
  const { leader } = await rig.leader()
  const [edge] = await leader.api.edges()
  if (edge === undefined) throw new Error('no edge is known')
  return edge
}
