/**
 * From the start event's `timeNano` to the first request that the container answered through nginx: for a
 * domain that is new each time, and for a new endpoint of a service that is there already. Beside it, in
 * the same run, what the engine, the bus, the program in the container and a bare reload take.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { AppliedTrace } from '@roadstead/shared/protocol/edge-status.ts'
import { answeredBy } from '../test/rig/expect.ts'
import { eventually } from '../test/rig/eventually.ts'
import type { EdgeTier, Rig } from '../test/rig/rig.ts'
import { bareReload } from './bare-reload.ts'
import { type BenchOptions, type BenchResult, inTier, percentiles, summarise } from './bench.ts'
import { type Controls, controls } from './controls.ts'
import { federation, otherDomains, otherServices, plainContainer } from './federation.ts'
import { visitors } from './first-served.ts'
import { nextEvent } from './engine-events.ts'

const SAMPLES = 50
/** What else is in the table: the live tier has to bear more. */
const OTHERS = { live: 1_000, reload: 100 } as const
const IDLE_MS = 300
const SHARED = 'shared.bench.test'

export async function run({
  samples = SAMPLES,
  tiers,
}: BenchOptions): Promise<readonly BenchResult[]> {
  const results: BenchResult[] = []
  for (const tier of tiers) results.push(...(await routeIn(tier, samples)))
  return results
}

async function routeIn(tier: EdgeTier, count: number): Promise<readonly BenchResult[]> {
  // The samples are taken on alpha, and the others stay out of its way.
  const hosts = tier === 'live' ? ['alpha', 'beta', 'gamma'] : ['alpha', 'beta']
  await using rig = await federation({ hosts, masters: 2, tier })
  const others = OTHERS[tier]
  await (tier === 'live' ? otherDomains : otherServices)(rig, hosts.slice(1), others)
  await untilRouted(rig, others)
  const labels = { 'roadstead.host': SHARED, 'roadstead.service': 'shared' }
  await rig.host('alpha').engine.run('steady', { labels })
  await answeredBy(rig, SHARED, 'steady')

  const host = rig.host('alpha')
  const beside = {
    others,
    controls: await controls(rig, host),
    ...(tier === 'reload' && { bareReload: await bareReload(rig.folder, others) }),
  }
  const domain = (name: string) => ({ 'roadstead.host': `${name}.bench.test` })
  const where = { rig, tier }
  const newDomain = await series(where, 'new', count, domain, (name) => `${name}.bench.test`)
  const newEndpoint = await series(
    where,
    'more',
    count,
    () => labels,
    () => SHARED,
  )
  return [
    inTier(tier, summed('route: new domain', newDomain, beside)),
    inTier(tier, summed('route: new endpoint', newEndpoint, beside)),
  ]
}

interface Sample {
  readonly totalMs: number
  readonly applied: AppliedTrace | undefined
}

interface Where {
  readonly rig: Rig
  readonly tier: EdgeTier
}

async function series(
  where: Where,
  word: string,
  count: number,
  labelsOf: (name: string) => Record<string, string>,
  domainOf: (name: string) => string,
): Promise<Sample[]> {
  const one = (name: string): Promise<Sample> => sample(where, name, labelsOf(name), domainOf(name))
  await one(`${word}-warm-up`)
  const samples: Sample[] = []
  for (let at = 0; at < count; at++) {
    if (at % AT_A_STRETCH === 0) await sleep(NAMES_GONE_MS)
    samples.push(await one(`${word}-${at}`))
  }
  return samples
}

/**
 * A name outlives its last container by ten seconds, and then goes: in the reload tier that is a reload
 * of its own, after which the next one has to wait. So many samples take less than ten seconds.
 */
const AT_A_STRETCH = 10
const NAMES_GONE_MS = 10_500

async function sample(
  { rig, tier }: Where,
  name: string,
  labels: Record<string, string>,
  domain: string,
): Promise<Sample> {
  const { engine } = rig.host('alpha')
  const id = await engine.create(name, { ...plainContainer(rig, name), labels })
  using crowd = visitors(tier, rig.edge().httpPort, domain, name)
  using started = nextEvent(engine, id, 'start')
  const starting = engine.container(id).start()
  const startMs = await started.atMs
  const servedMs = await crowd.firstServedMs()
  await starting
  const applied = await lastApplied(rig, startMs)
  await engine.remove(name)
  await gone(rig, domain, name)
  // One change at a time: what took this one out must not delay the next one's.
  await sleep(IDLE_MS)
  return { totalMs: servedMs - startMs, applied }
}

const CHANGE_MS_MAX = 30_000

async function lastApplied(rig: Rig, afterMs: number): Promise<AppliedTrace | undefined> {
  const { leader } = await rig.leader()
  return eventually(
    'the edge tells when it applied',
    async () => {
      const [edge] = await leader.api.edges()
      const applied = edge?.applied
      return applied !== undefined && applied.answeringMs >= afterMs ? applied : undefined
    },
    { withinMs: CHANGE_MS_MAX },
  )
}

async function gone(rig: Rig, domain: string, name: string): Promise<void> {
  const { leader } = await rig.leader()
  const absent = async (): Promise<boolean> => {
    const routes = await leader.api.routes()
    const route = routes.find((it) => it.domain === domain)
    return route?.endpoints.every(({ containerName }) => containerName !== name) ?? true
  }
  await eventually(`${name} is gone`, absent, { withinMs: CHANGE_MS_MAX })
}

const FILLED_MS_MAX = 60_000

async function untilRouted(rig: Rig, count: number): Promise<void> {
  const { leader } = await rig.leader()
  const inForce = async (): Promise<boolean> => {
    const [edge] = await leader.api.edges()
    return (edge?.inForce?.routes ?? 0) >= count
  }
  await eventually(`${count} routes are in force`, inForce, { withinMs: FILLED_MS_MAX })
}

interface Beside {
  readonly controls: Controls
}

/** `ofFloor` is the median as a multiple of what those parts take that are not ours. */
function summed(name: string, samples: readonly Sample[], beside: Beside): BenchResult {
  const totals = samples.map(({ totalMs }) => totalMs)
  const stages = stagesOf(samples.flatMap(({ applied }) => applied ?? []))
  const ofFloor = Math.round((percentiles(totals).p50 / beside.controls.floorMs) * 100) / 100
  return summarise(name, totals, { ofFloor, ...beside, stages })
}

/** Where the time went, hand to hand. All hands of this machine share one clock. */
function stagesOf(applied: readonly AppliedTrace[]): Record<string, { p50: number; p99: number }> {
  const spans = {
    detect: (it: AppliedTrace) => it.trace.agentMs - Number(it.trace.timeNano ?? 0) / 1e6,
    publish: (it: AppliedTrace) => it.trace.masterMs - it.trace.agentMs,
    fold: (it: AppliedTrace) => it.trace.writtenMs - it.trace.masterMs,
    accept: (it: AppliedTrace) => it.acceptedMs - it.trace.writtenMs,
    write: (it: AppliedTrace) => it.writtenMs - it.acceptedMs,
    test: (it: AppliedTrace) => it.signalledMs - it.writtenMs,
    answer: (it: AppliedTrace) => it.answeringMs - it.signalledMs,
  }
  const timed = applied.filter((it) => it.trace.timeNano !== undefined)
  return Object.fromEntries(
    Object.entries(spans).map(([stage, span]) => {
      const { p50, p99 } = percentiles(timed.map(span))
      return [stage, { p50, p99 }]
    }),
  )
}
