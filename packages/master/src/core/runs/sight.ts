import { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import { type ReasonCode, reasonTable } from '@roadstead/shared/protocol/reasons.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { ContainerRef, RunId } from '@roadstead/shared/protocol/run.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import type { Drain, Graph } from '../graph/graph.ts'
import { drainOf, findContainer } from '../graph/select.ts'
import { isSameRef } from '../routes/claimant.ts'
import type { Derivation } from '../routes/derived.ts'
import { drainLabelMs } from '../routes/durations.ts'
import type { RouteTable } from '../routes/table.ts'
import { drainAt, drainKey, refKey } from './refs.ts'

/** What a run needs to know of one of its containers. */
export interface Sight {
  /** Absent: it is gone. */
  readonly container: SeenContainer | undefined
  /** `ours`: by this run. `others`: by a person, another run, or with its host. */
  readonly drain: 'none' | 'ours' | 'others'
  /** A drain of its own that only people take back. */
  readonly isDrainedByPerson: boolean
  /** Services whose routes it asks for. */
  readonly services: readonly ServiceKey[]
}

export interface SeenContainer {
  readonly isRunning: boolean
  readonly isStopping: boolean
  readonly startedAt: string | undefined
  readonly stopGraceMs: number
  /** It could serve if nothing else stood in the way: it runs, is healthy, and takes connections. */
  readonly isReady: boolean
  readonly asks: boolean
  /** Services that it is an endpoint of. */
  readonly isIn: ReadonlySet<ServiceKey>
  /** An endpoint of each route it asks for; or it asks for none, and runs. */
  readonly serves: boolean
  /** Why it does not. */
  readonly reason: ReasonCode | undefined
  /** What keeps it from serving does not pass by itself: nobody has to wait for that. */
  readonly isKeptOut: boolean
  readonly restMs: number
}

export interface SightScene extends Pick<Derivation, 'table' | 'verdicts'> {
  readonly graph: Graph
}

export function lookAt(ref: ContainerRef, run: RunId | undefined, scene: SightScene): Sight {
  const { graph, table, verdicts } = scene
  const placed = findContainer(graph, ref.host, ref.container)
  const own = verdicts.get(ref.host)?.get(ref.container) ?? []
  return {
    container: placed && seen(placed.container, own, ref, table),
    drain: whoseDrain(ref, run, graph),
    isDrainedByPerson: isOfPerson(drainAt(graph, drainKey(ref))),
    services: servicesOf(own),
  }
}

/** It is in the table that edges get. */
export function isEndpoint(ref: ContainerRef, { verdicts }: Pick<Derivation, 'verdicts'>): boolean {
  return (verdicts.get(ref.host)?.get(ref.container) ?? []).some(isRouted)
}

export function servicesAt(
  { container, host }: ContainerRef,
  { verdicts }: Pick<Derivation, 'verdicts'>,
): readonly ServiceKey[] {
  return servicesOf(verdicts.get(host)?.get(container) ?? [])
}

function servicesOf(verdicts: readonly Verdict[]): readonly ServiceKey[] {
  const keys = verdicts.flatMap(({ service }) => ServiceKey.safeParse(service).data ?? [])
  return [...new Set(keys)].sort()
}

/** Containers that are endpoints of the service. */
export function servingOf({ services }: RouteTable, key: ServiceKey): number {
  const endpoints = services.get(key)?.pools.flatMap((pool) => pool.endpoints) ?? []
  return new Set(endpoints.map(refKey)).size
}

function seen(
  container: Container,
  verdicts: readonly Verdict[],
  ref: ContainerRef,
  table: RouteTable,
): SeenContainer {
  const { startedAt, state, stopGraceMs, stopping } = container
  const isRunning = state === 'running'
  const out = verdicts.filter((verdict) => !isRouted(verdict))
  return {
    isRunning,
    isStopping: stopping,
    startedAt,
    stopGraceMs,
    isReady: isRunning && !stopping && isHealthy(container, verdicts, ref, table),
    asks: verdicts.length > 0,
    isIn: new Set(servicesOf(verdicts.filter(isRouted))),
    serves: isRunning && !stopping && out.length === 0,
    reason: out[0]?.reason,
    isKeptOut: out.every(({ reason }) => isLasting(reason)),
    restMs: drainLabelMs(container),
  }
}

function isRouted({ reason }: Verdict): boolean {
  return reasonTable[reason].state === 'routed'
}

function isLasting(reason: ReasonCode): boolean {
  return reason === 'drained' || reasonTable[reason].state === 'refused'
}

function isHealthy(
  { accepting, health, untried = [] }: Container,
  verdicts: readonly Verdict[],
  ref: ContainerRef,
  { routes }: RouteTable,
): boolean {
  if (health !== 'none') return health === 'healthy'
  const ports = verdicts.flatMap(({ domain, match, path, when }) => {
    if (domain === undefined || match === undefined || path === undefined) return []
    const route = routes.get(routeKey({ domain, match, path, when }))
    return route?.asked.filter((each) => isSameRef(each, ref)).map(({ port }) => port) ?? []
  })
  return ports.every((port) => accepting.includes(port) || untried.includes(port))
}

function isOfPerson(drain: Drain | undefined): boolean {
  return drain !== undefined && drain.run === undefined
}

function whoseDrain(ref: ContainerRef, run: RunId | undefined, graph: Graph): Sight['drain'] {
  const own = drainAt(graph, drainKey(ref))
  if (own !== undefined && own.run !== undefined && own.run === run) return 'ours'
  return drainOf(graph, ref.host, ref.container) === undefined ? 'none' : 'others'
}
