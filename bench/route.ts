/**
 * From the start event's `timeNano` to the first 200 through nginx, for a domain that is new each
 * time, with 100 other domains in the table. Beside it, in the same run: how long the program in the
 * container itself took until it accepted a connection, which nobody can be faster than.
 */
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AppliedTrace } from '@roadstead/shared/protocol/edge-status.ts'
import { eventually } from '../test/rig/eventually.ts'
import { visitOf } from '../test/rig/parts.ts'
import type { Host } from '../test/rig/parts.ts'
import type { Rig } from '../test/rig/rig.ts'
import { visitOnce } from '../test/rig/visitor.ts'
import { answeredByAll } from '../test/rig/expect.ts'
import { type BenchOptions, type BenchResult, percentiles, summarise } from './bench.ts'
import { federation, otherDomains, wallMs } from './federation.ts'
import { nextEvent } from './engine-events.ts'

const SAMPLES = 60
const OTHER_DOMAINS = 100
const IDLE_MS = 500

export async function run({ samples = SAMPLES }: BenchOptions): Promise<readonly BenchResult[]> {
  await using rig = await federation({ hosts: ['alpha', 'beta'], masters: 2 })
  await otherDomains(rig, 'alpha', OTHER_DOMAINS)
  await answeredByAll(rig, `other-${OTHER_DOMAINS - 1}.bench.test`, ['other-96'])
  const results: BenchResult[] = []
  for (const host of rig.hosts) results.push(await routeOn(rig, host, samples))
  return results
}

interface Sample {
  readonly totalMs: number
  readonly listenMs: number
  readonly applied: AppliedTrace | undefined
}

async function routeOn(rig: Rig, host: Host, count: number): Promise<BenchResult> {
  await sample(rig, host, 'warm-up')
  const samples: Sample[] = []
  for (let at = 0; at < count; at++) samples.push(await sample(rig, host, `${host.name}-${at}`))
  const listen = percentiles(samples.map((it) => it.listenMs))
  const stages = stagesOf(samples.flatMap((it) => it.applied ?? []))
  const totals = samples.map((it) => it.totalMs)
  return summarise(`route ${host.name} (reload tier)`, totals, {
    otherDomains: OTHER_DOMAINS,
    ownTimeToListen: listen,
    stages,
  })
}

async function sample(rig: Rig, host: Host, name: string): Promise<Sample> {
  const domain = `${name}.bench.test`
  const { engine } = host
  const id = await engine.create(name, { labels: { 'roadstead.host': domain } })
  using started = nextEvent(engine, id, 'start')
  const starting = engine.container(id).start()
  const startMs = await started.atMs
  const [listenAtMs, routedAtMs] = await Promise.all([
    firstAccepted(host, id),
    firstServed(rig, domain, name),
  ])
  await starting
  const applied = await lastApplied(rig, startMs)
  await engine.remove(name)
  await gone(rig, domain)
  // One change at a time: the reload that took this one out must not delay the next one's.
  await sleep(IDLE_MS)
  return { totalMs: routedAtMs - startMs, listenMs: listenAtMs - startMs, applied }
}

/** Visits over fresh connections, one after the other, until the container itself answers. */
async function firstServed(rig: Rig, domain: string, name: string): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const answer = await visitOnce(visitOf(rig.edge(), domain))
    if (answer.by === name) return wallMs()
  }
  throw new Error(`${domain} was never served`)
}

const TRIES_MAX = 20_000

async function firstAccepted(host: Host, id: string): Promise<number> {
  const { NetworkSettings } = await host.engine.container(id).inspect()
  const published = NetworkSettings.Ports['80/tcp']?.[0]?.HostPort
  if (published === undefined) throw new Error('the port is not published')
  // The address of the container cannot be reached from here; the published port goes straight to it.
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    if (await answers(host.lan.address, Number(published))) return wallMs()
  }
  throw new Error('the container never listened')
}

/** The userland forwarder accepts for a dead program too, so only an answered request counts. */
function answers(address: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = net.connect(port, address)
  socket.setTimeout(1_000, () => socket.destroy())
  socket.on('connect', () => socket.write('GET / HTTP/1.0\r\n\r\n'))
  socket.on('data', () => {
    resolve(true)
    socket.destroy()
  })
  socket.on('error', () => resolve(false))
  socket.on('close', () => resolve(false))
  return promise
}

async function lastApplied(rig: Rig, afterMs: number): Promise<AppliedTrace | undefined> {
  const { leader } = await rig.leader()
  return eventually(
    'the edge tells when it applied',
    async () => {
      const [edge] = await leader.api.edges()
      const applied = edge?.applied
      return applied !== undefined && applied.answeringMs >= afterMs ? applied : undefined
    },
    { withinMs: 10_000 },
  )
}

async function gone(rig: Rig, domain: string): Promise<void> {
  const absent = async (): Promise<boolean> => {
    const { status } = await visitOnce(visitOf(rig.edge(), domain))
    return status !== 200
  }
  await eventually(`${domain} is gone`, absent, { withinMs: 10_000 })
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
