import { settle } from '../rig/books.ts'
import { answeredByAll } from '../rig/expect.ts'
import { visitOf } from '../rig/parts.ts'
import type { Rig } from '../rig/rig.ts'
import { Visitor } from '../rig/visitor.ts'
import { failuresOf, lostOf, type Proof, requestsOf, runEnded, sumsOf, wrongIf } from './proof.ts'

export interface RollingOptions {
  readonly rounds: number
  /** Connections of visitor B, who sends nothing but POSTs. */
  readonly clients: number
  readonly pauseMs: number
  readonly postsMin: number
}

const DOMAIN = 'shop.example.com'
const SERVICE = 'shop'
const REPLICAS = ['shop-1', 'shop-2'] as const
const WORK_MS = 5
/** On a slow machine it takes more of them until there were POSTs enough. */
const MORE_ROUNDS_MAX = 3

/**
 * Restarts both replicas of a service again and again, by `rollout`, while visitors go on. In the live
 * tier nobody may lose anything; in the reload tier visitor A, and what B loses is reported.
 */
export async function rollingRestarts(rig: Rig, options: RollingOptions): Promise<Proof> {
  const { leader } = await rig.leader()
  const [edge] = await leader.api.edges()
  const tier = edge?.tier ?? 'reload'
  const books = rig.folder.folder('books')
  const { engine } = rig.host('alpha')
  const labels = { 'roadstead.host': DOMAIN, 'roadstead.service': SERVICE }
  for (const name of REPLICAS) await engine.run(name, { labels, clerk: { books, workMs: WORK_MS } })
  await answeredByAll(rig, DOMAIN, REPLICAS)

  const visit = visitOf(rig.edge(), DOMAIN)
  const { clients, pauseMs } = options
  await using b = Visitor.b(visit, { atOnce: clients, pauseMs, posts: true })
  await using a = Visitor.a(visit, { pauseMs })
  const starts = new Set(await startsOf(rig))
  const wrong: string[] = []
  const beganMs = performance.now()
  let round = 0
  const isEnough = (): boolean => round >= options.rounds && sent(b) >= options.postsMin
  while (!isEnough() && round < options.rounds * MORE_ROUNDS_MAX) {
    round += 1
    wrong.push(...(await oneRound(rig, round, starts)))
  }
  const tookMs = performance.now() - beganMs
  const [reportB, reportA] = await Promise.all([b.leave(), a.leave()])
  const settled = settle(books, [reportB])
  const lostA = lostOf([reportA])
  return {
    name: `${round} rolling restarts of two replicas, ${tier} tier`,
    wrong: [
      ...wrong,
      ...wrongIf(settled.posts < options.postsMin, `only ${settled.posts} POSTs were sent`),
      ...wrongIf(tier === 'live' && settled.lost > 0, `visitor B lost ${settled.lost}`),
      ...wrongIf(settled.repeated > 0, `${settled.repeated} POSTs were done twice`),
      ...wrongIf(settled.untrue > 0, `${settled.untrue} POSTs were done by nobody`),
      ...wrongIf(lostA > 0, `visitor A lost ${lostA}`),
    ],
    sums: sumsOf(tier, round, reportB, settled),
    figures: {
      tier,
      visitorB: { ...settled, kinds: failuresOf([reportB]), slowestMs: reportB.slowestMs },
      visitorA: { requests: requestsOf([reportA]), lost: lostA, kinds: failuresOf([reportA]) },
      roundMs: Math.round(tookMs / round),
    },
  }
}

function sent(visitor: Visitor): number {
  return visitor.report().requests
}

/** Every container has to have begun anew, once. */
async function oneRound(rig: Rig, round: number, starts: Set<string>): Promise<string[]> {
  const { leader } = await rig.leader()
  const { id } = await leader.api.rollout(SERVICE)
  const run = await runEnded(rig, id)
  if (run.state !== 'done') {
    const last = run.log.at(-1)?.text ?? ''
    return [`round ${round}: the run is ${run.state}: ${last}`]
  }
  const now = await startsOf(rig)
  const old = now.filter((start) => starts.has(start))
  for (const start of now) starts.add(start)
  return old.length > 0 ? [`round ${round}: ${old.length} were not restarted`] : []
}

function startsOf(rig: Rig): Promise<string[]> {
  const { engine } = rig.host('alpha')
  return Promise.all(
    REPLICAS.map(async (name) => {
      const { State } = await engine.container(name).inspect()
      return `${name} ${State.StartedAt}`
    }),
  )
}
