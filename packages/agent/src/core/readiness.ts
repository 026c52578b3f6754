import type { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import { type Container, Port } from '@roadstead/shared/protocol/container.ts'
import { asksForRoute } from './labels.ts'

/** More than any sensible container serves on; a range of exposed ports must not become a scan. */
const PORTS_TRIED_MAX = 16

const LOOPBACK = '127.0.0.1'
const PORT_LABELS: readonly RegExp[] = [
  /^roadstead\.port$/,
  /^roadstead\.(?:http|tcp)\.[^.]+\.port$/,
  /^traefik\.(?:http|tcp)\.services\.[^.]+\.loadbalancer\.server\.port$/i,
]

/** Where one port of a container may be reached, in the order of trust. */
export interface Try {
  readonly port: Port
  readonly places: readonly { readonly address: string; readonly port: number }[]
}

/** What to try for one run of a container. */
export interface ReadinessPlan {
  readonly id: ContainerId
  /** The run: a new start of the container makes everything accepted before void. */
  readonly run: string
  readonly tries: readonly Try[]
  /** Ports to which no way leads from here, so that only an edge can tell. */
  readonly untried: readonly Port[]
}

/**
 * Where we try from: the machine of the container, or another one that reaches it at these addresses and
 * at nothing else.
 */
export type Vantage =
  | { readonly kind: 'here' }
  | { readonly kind: 'elsewhere'; readonly addresses: readonly string[] }

/**
 * Which ports to try, or undefined when trying is not for us: the container is at rest, asked for no
 * route, or has a health check, which knows better than an open port.
 *
 * The container's own address comes first, because a published port may be answered by the engine's
 * forwarder before anything in the container listens.
 *
 * @param find another container of this host, for those that share its network.
 */
export function planReadiness(
  container: Container,
  find: (id: string) => Container | undefined,
  vantage: Vantage,
): ReadinessPlan | undefined {
  if (container.state !== 'running' || container.startedAt === undefined) return undefined
  if (container.health !== 'none' || !asksForARoute(container)) return undefined
  const ports = candidatePorts(container).slice(0, PORTS_TRIED_MAX)
  const owner = networkOwner(container, find)
  const placesOf = (port: Port): Try['places'] =>
    vantage.kind === 'here'
      ? placesHere(owner, port)
      : placesElsewhere(owner, port, vantage.addresses)
  const all = ports.map((port) => ({ port, places: placesOf(port) }))
  const tries = all.filter((it) => it.places.length > 0)
  const out = all.filter((it) => it.places.length === 0).map(({ port }) => port)
  const untried = vantage.kind === 'here' ? [] : out.sort((a, b) => a - b)
  if (tries.length === 0 && untried.length === 0) return undefined
  return { id: container.id, run: container.startedAt, tries, untried }
}

/**
 * How long a container has been tried, and so how often: nearly all that start fast do so at first.
 */
export type TryPhase = 'fast' | 'dense' | 'patient' | 'slow'

export function tryPhase(sinceFirstMs: number): TryPhase {
  if (sinceFirstMs < 100) return 'fast'
  if (sinceFirstMs < 1_000) return 'dense'
  return sinceFirstMs < 30_000 ? 'patient' : 'slow'
}

/**
 * Pause before the next round. An attempt costs 0.15 ms of a core, so each phase has a thousand a
 * second for all containers together: a hundred that start at once are each tried less often.
 *
 * @param inPhase attempts of one round of all containers that are in the same phase.
 */
export function nextTryMs(phase: TryPhase, inPhase: number): number {
  return Math.max(PAUSE_MS[phase], inPhase * ATTEMPT_EVERY_MS)
}

const PAUSE_MS: Readonly<Record<TryPhase, number>> = {
  fast: 2,
  dense: 10,
  patient: 100,
  slow: 1_000,
}
const ATTEMPT_EVERY_MS = 1

/** Whether somebody wants it to be routed, in whatever dialect. */
export function asksForARoute(container: Container): boolean {
  const labels = { ...container.inheritedLabels, ...container.labels }
  if (labels['roadstead.enable'] === 'false') return false
  return (
    Object.keys(labels).some(asksForRoute) ||
    container.routingEnvironment['VIRTUAL_HOST'] !== undefined ||
    container.routingEnvironment['VIRTUAL_HOST_MULTIPORTS'] !== undefined
  )
}

/** Ports that somebody named come before ports that are only exposed. */
function candidatePorts(container: Container): Port[] {
  const labels = { ...container.inheritedLabels, ...container.labels }
  const named = Object.keys(labels)
    .filter((key) => PORT_LABELS.some((label) => label.test(key)))
    .sort()
    .map((key) => labels[key])
  const exposed = container.ports.filter((it) => it.protocol === 'tcp').map((it) => it.port)
  const wanted = [...named, ...variablePorts(container.routingEnvironment, exposed)]
  const numbers = wanted.flatMap((text) => Port.safeParse(Number(text)).data ?? [])
  return [...new Set([...numbers, ...exposed])]
}

/** Where `port` stands in `VIRTUAL_HOST_MULTIPORTS`; masters read it properly, here it is only tried. */
const MULTIPORT = /\bport["']? *: *["']?([0-9]{1,5})\b/g

function variablePorts(
  variables: Container['routingEnvironment'],
  exposed: readonly Port[],
): readonly (string | undefined)[] {
  const several = variables['VIRTUAL_HOST_MULTIPORTS'] ?? ''
  const named = [
    variables['VIRTUAL_PORT'],
    ...Array.from(several.matchAll(MULTIPORT), ([, it]) => it),
  ]
  const isAsked = variables['VIRTUAL_HOST'] !== undefined || several !== ''
  // nginx-proxy goes to this port where a container exposes none, or several.
  const isByRule = isAsked && new Set(exposed).size !== 1
  return isByRule ? [...named, '80'] : named
}

function placesHere(owner: Container, port: Port): Try['places'] {
  if (owner.networkMode === 'host') return [{ address: LOOPBACK, port }]
  const own = owner.attachments
    .flatMap((it) => [it.address, it.address6])
    .filter((address) => address !== undefined)
    .map((address) => ({ address, port }))
  const published = publishedAt(owner, port).map((it) => ({
    address: fromInside(it.address),
    port: it.port,
  }))
  return [...own, ...published]
}

/**
 * The ways that an edge on a third machine has, too: networks of containers end at their own machine, and
 * so does its loopback.
 */
function placesElsewhere(
  owner: Container,
  port: Port,
  addresses: readonly string[],
): Try['places'] {
  const [first] = addresses
  if (owner.networkMode === 'host') return first === undefined ? [] : [{ address: first, port }]
  return publishedAt(owner, port).flatMap((it) => {
    if (isLoopback(it.address)) return []
    const isAny = it.address === '0.0.0.0' || it.address === '::'
    const same = addresses.find((address) => isV6(address) === isV6(it.address))
    const address = isAny ? same : it.address
    return address === undefined ? [] : [{ address, port: it.port }]
  })
}

function publishedAt(owner: Container, port: Port): Try['places'] {
  return owner.ports
    .filter((it) => it.port === port && it.protocol === 'tcp')
    .flatMap((it) => it.published)
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}

function isV6(address: string): boolean {
  return address.includes(':')
}

function networkOwner(
  container: Container,
  find: (id: string) => Container | undefined,
): Container {
  const [mode, id] = container.networkMode.split(':', 2)
  return (mode === 'container' && id !== undefined ? find(id) : undefined) ?? container
}

/** A port bound on every address is reached from this host over loopback. */
function fromInside(address: string): string {
  return address === '0.0.0.0' ? LOOPBACK : address === '::' ? '::1' : address
}
