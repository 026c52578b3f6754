/**
 * From the `kill` event of `docker stop` to the last request that the stopped container accepted. Its
 * program goes on serving for two seconds after the signal, so every late request is seen; a second
 * container serves the same domain, and no visitor may notice anything.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { answeredByAll } from '../test/rig/expect.ts'
import { visitOf } from '../test/rig/parts.ts'
import type { Host } from '../test/rig/parts.ts'
import type { EdgeTier, Rig } from '../test/rig/rig.ts'
import { visitOnce } from '../test/rig/visitor.ts'
import { type BenchOptions, type BenchResult, inTier, summarise } from './bench.ts'
import { controls } from './controls.ts'
import { federation, otherDomains, wallMs } from './federation.ts'
import { nextEvent } from './engine-events.ts'

const SAMPLES = 40
const OTHER_DOMAINS = 100
const DOMAIN = 'stop.bench.test'
const labels = { 'roadstead.host': DOMAIN, 'roadstead.service': 'stop' }
const GOES_ON_S = 2
const VISITORS = 4

export async function run({
  samples = SAMPLES,
  tiers,
}: BenchOptions): Promise<readonly BenchResult[]> {
  const results: BenchResult[] = []
  for (const tier of tiers) results.push(await unrouteIn(tier, samples))
  return results
}

async function unrouteIn(tier: EdgeTier, count: number): Promise<BenchResult> {
  await using rig = await federation({ hosts: ['alpha', 'beta'], masters: 2, tier })
  await otherDomains(rig, ['alpha'], OTHER_DOMAINS)
  await rig.host('beta').engine.run('stays', { labels })
  const beside = await controls(rig, rig.host('alpha'))
  const times: number[] = []
  let requests = 0
  let lost = 0
  for (let at = 0; at < count; at++) {
    const one = await sample(rig, rig.host('alpha'), `stops-${at}`)
    times.push(one.lastMs)
    requests += one.requests
    lost += one.lost
  }
  const extra = { requests, lost, otherDomains: OTHER_DOMAINS, controls: beside }
  return inTier(tier, summarise('unroute', times, extra))
}

async function sample(
  rig: Rig,
  { engine }: Host,
  name: string,
): Promise<{ lastMs: number; requests: number; lost: number }> {
  const id = await engine.run(name, { labels, stopAfterS: GOES_ON_S })
  await answeredByAll(rig, DOMAIN, ['stays', name])
  using killed = nextEvent(engine, id, 'kill')
  const visits = new Visits(rig, name)
  const stopping = engine.container(id).stop({ t: 10 })
  const killMs = await killed.atMs
  await sleep(GOES_ON_S * 1_000 - 500)
  await visits.end()
  await stopping
  await engine.remove(name)
  const lastMs = Math.max(0, visits.lastAcceptedMs - killMs)
  return { lastMs, requests: visits.requests, lost: visits.lost }
}

/** Visits without pause, each over a connection of its own, and notes when `name` last took one. */
class Visits {
  requests = 0
  lost = 0
  lastAcceptedMs = 0
  #ended = false
  readonly #loops: Promise<void>[]

  constructor(rig: Rig, name: string) {
    this.#loops = Array.from({ length: VISITORS }, () => this.#loop(rig, name))
  }

  async end(): Promise<void> {
    this.#ended = true
    await Promise.all(this.#loops)
  }

  async #loop(rig: Rig, name: string): Promise<void> {
    while (!this.#ended) {
      const beganMs = wallMs()
      const answer = await visitOnce(visitOf(rig.edge(), DOMAIN))
      this.requests += 1
      if (answer.failure !== undefined) this.lost += 1
      if (answer.by === name) this.lastAcceptedMs = Math.max(this.lastAcceptedMs, beganMs)
    }
  }
}
