import { setTimeout as sleep } from 'node:timers/promises'
import { at } from '../rig/at.ts'
import { answeredBy, answeredByAll } from '../rig/expect.ts'
import { visitOf } from '../rig/parts.ts'
import type { Rig } from '../rig/rig.ts'
import { Visitor } from '../rig/visitor.ts'
import { failuresOf, lostOf, type Proof, requestsOf, sumsOf, wrongIf } from './proof.ts'

export interface FaultOptions {
  /** The same seed gives the same faults in the same order. */
  readonly seed: number
  readonly faults: number
}

const POOL = { 'roadstead.host': 'pool.example.com', 'roadstead.service': 'pool' }
/** Longer than a lease, shorter than what makes a host lost. */
const HURT_MS = { least: 500, most: 6_000 }
const MENDED_MS_MAX = 60_000

interface Hurt {
  readonly name: string
  readonly strike: () => unknown
  readonly mend: () => unknown
}

/**
 * Agents, masters, the edge and NATS are killed and held in turn, by chance, while containers come and go.
 * Whatever is hurt, the visitor of a service that nobody touches loses nothing, and everything that came
 * meanwhile is served when all is well again.
 */
export async function randomFaults(rig: Rig, options: FaultOptions): Promise<Proof> {
  const random = randomFrom(options.seed)
  for (const { name, engine } of rig.hosts) await engine.run(`pool-${name}`, { labels: POOL })
  const pool = rig.hosts.map(({ name }) => `pool-${name}`)
  await answeredByAll(rig, 'pool.example.com', pool)
  const visit = visitOf(rig.edge(), 'pool.example.com', { by: () => pool })
  await using visitor = Visitor.a(visit)
  const done: string[] = []
  const wrong: string[] = []
  let slowestMs = 0
  for (let fault = 0; fault < options.faults; fault += 1) {
    const hurts = await possible(rig)
    const hurt = at(hurts, Math.floor(random() * hurts.length))
    const lastsMs = HURT_MS.least + random() * (HURT_MS.most - HURT_MS.least)
    const lostBefore = lostOf([visitor.report()])
    await hurt.strike()
    const host = at(rig.hosts, Math.floor(random() * rig.hosts.length))
    const name = `late-${fault}`
    const labels = { 'roadstead.host': `${name}.example.com` }
    await host.engine.run(name, { labels, stopAfterS: 0 })
    await sleep(lastsMs)
    await hurt.mend()
    const mendedMs = performance.now()
    try {
      await answeredBy(rig, `${name}.example.com`, name, { withinMs: MENDED_MS_MAX })
    } catch (error) {
      wrong.push(`after ${hurt.name}: ${error instanceof Error ? error.message : String(error)}`)
    }
    slowestMs = Math.max(slowestMs, performance.now() - mendedMs)
    const lost = lostOf([visitor.report()]) - lostBefore
    if (lost > 0) wrong.push(`${hurt.name} cost visitor A ${lost}`)
    done.push(`${hurt.name} ${Math.round(lastsMs)} ms`)
    await host.engine.remove(name)
  }
  const report = await visitor.leave()
  return {
    name: `${options.faults} random faults, seed ${options.seed}`,
    wrong: [...wrong, ...wrongIf(requestsOf([report]) < 100, 'there were hardly any visits')],
    // Visitor A sends no POSTs.
    sums: sumsOf('live', options.faults, report, { posts: 0, lost: lostOf([report]), repeated: 0 }),
    figures: {
      visitorA: { requests: report.requests, kinds: failuresOf([report]) },
      slowestToServeAfterMendMs: Math.round(slowestMs),
      faults: done,
    },
  }
}

/** Whom chance may choose; who leads changes as it goes. */
async function possible(rig: Rig): Promise<readonly Hurt[]> {
  const { leader } = await rig.leader(30_000)
  const parts = [
    { name: 'leader', part: leader.process },
    { name: 'nats', part: at(rig.bus.servers, 0).process },
    { name: 'edge', part: rig.edge().process },
    ...rig.hosts.map(({ name, agent }) => ({ name: `agent ${name}`, part: agent })),
  ]
  return parts.flatMap(({ name, part }): Hurt[] => [
    { name: `${name} killed`, strike: () => part.kill(), mend: () => part.restart() },
    { name: `${name} held`, strike: () => part.freeze(), mend: () => part.thaw() },
  ])
}

/** Small and good enough for dice (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
