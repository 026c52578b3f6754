import path from 'node:path'
import { z } from 'zod'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { TokenReply } from '@roadstead/shared/protocol/http-access.ts'
import { ContainerView, EdgeView, HostView, listOf } from '@roadstead/shared/protocol/http.ts'
import { reasonTable } from '@roadstead/shared/protocol/reasons.ts'
import { type FleetHost, GUEST_SUFFIX } from '../core/simulation/fleet.ts'
import type { ApiClient } from '../io/api-client.ts'
import { ownAddressTowards } from '../io/own-address.ts'
import { probePort } from '../io/tcp-port.ts'
import { type Door, visitorsAt } from '../io/visitor.ts'
import type { Shell } from '../shell.ts'
import { enrol } from '../up/enrol.ts'
import type { PlanFacts } from '../up/plans.ts'
import { waitUntil } from '../up/wait-until.ts'
import { IN_FORCE_MS_MAX } from './start-fleet.ts'

/** A federation that runs, and how it is reached from here. */
export interface Site {
  readonly url: string
  readonly api: ApiClient
  /** Of this machine: where the edges will find the containers. */
  readonly address: string
  readonly edge: EdgeView
  /** Where visitors ask that edge. */
  readonly door: Door
}

export interface SiteFlags {
  readonly url: string
  readonly visit: string | undefined
  readonly address: string | undefined
}

/** @throws RoadsteadError before anything is begun, when visitors or edges would have no way */
export async function lookAtSite(
  api: ApiClient,
  { address, url, visit }: SiteFlags,
): Promise<Site> {
  const { items } = await api.ask({ method: 'GET', path: '/edges', answer: listOf(EdgeView) })
  const told = doorOf(visit)
  const { hostname } = new URL(url)
  const running = items.filter(({ nginx, reporting }) => reporting && nginx.running)
  const edge =
    running.find((it) => told !== undefined && isAt(it, told)) ??
    running.find(({ addresses }) => addresses.includes(hostname)) ??
    running[0]
  if (edge === undefined) throw new RoadsteadError('not-found', { edge: 'none serves visitors' })
  const door = told ?? { host: hostname.replace(/^\[|\]$/g, ''), port: edge.httpPort }
  await requireAnswer(door)
  const own = address ?? (await ownAddressTowards(url).catch(() => undefined))
  if (own !== undefined) return { url, api, address: own, edge, door }
  throw new RoadsteadError('bad-input', {
    '--address': 'say at which address of this machine the edges reach it; none was found',
  })
}

function doorOf(visit: string | undefined): Door | undefined {
  if (visit === undefined) return undefined
  const [, host = '', port] = /^(\[[\da-fA-F:.]+\]|[\w.-]+):([1-9]\d{0,4})$/.exec(visit) ?? []
  if (port !== undefined) return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
  throw new RoadsteadError('bad-input', { '--visit': 'must be host:port of an edge' })
}

function isAt({ addresses, httpPort }: EdgeView, { host, port }: Door): boolean {
  return httpPort === port && addresses.includes(host)
}

async function requireAnswer(door: Door): Promise<void> {
  using visitors = visitorsAt(door, 1)
  const answer = await visitors.visit(GUEST_SUFFIX)
  if (answer.kind === 'answered') return
  throw new RoadsteadError('bad-input', {
    '--visit': `say where an edge answers visitors: ${door.host}:${door.port} does not (${answer.error})`,
  })
}

/** Below the ports that the kernel gives away by itself, above those of most services. */
const PORTS = { first: 10_000, end: 32_768 } as const
const TRIES = 8
const PROBED_AT_ONCE = 64

/** The first of so many ports in a row that nobody here listens on. */
export async function freeRow(
  address: string,
  count: number,
  chance: () => number,
): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const first = PORTS.first + Math.floor(chance() * (PORTS.end - PORTS.first - count))
    const line = Array.from({ length: count }, (_, at) => first + at).values()
    let isFree = true
    const work = async (): Promise<void> => {
      for (const port of line) {
        const state = isFree ? await probePort(address, port) : 'taken'
        if (state === 'no-address') throw notHere(address)
        isFree &&= state === 'free'
      }
    }
    await Promise.all(Array.from({ length: PROBED_AT_ONCE }, work))
    if (isFree) return first
  }
  throw new RoadsteadError('port-busy', { wanted: `${count} in a row`, address })
}

function notHere(address: string): RoadsteadError {
  return new RoadsteadError('bad-input', {
    '--address': `${address} is no address of this machine`,
  })
}

/** Long enough for a thousand of them. */
const TOKEN_SECONDS = 900

/**
 * Brings the hosts in as any host is: by a join token, which the API token makes. An abort counts between
 * two of them: who was being enrolled is there when this has ended, and the token is not.
 *
 * @param api one that nothing aborts
 */
export async function enrolGuests(
  {
    api,
    signal,
    url,
  }: { readonly api: ApiClient; readonly signal: AbortSignal; readonly url: string },
  facts: PlanFacts,
  hosts: readonly FleetHost[],
  busUrlOf: (host: string, told: string) => Promise<string>,
): Promise<void> {
  const note = 'simulated hosts'
  const body = { kind: 'join', role: 'agent', ttlSeconds: TOKEN_SECONDS, uses: hosts.length, note }
  const made = await api.ask({ method: 'POST', path: '/tokens', body, answer: TokenReply })
  try {
    for (const { name } of hosts) {
      signal.throwIfAborted()
      const dir = path.join(facts.layout.agents, name)
      const newcomer = { dir, role: 'agent', id: name, name, token: made.token } as const
      const reply = await enrol(api, url, newcomer, (told) => busUrlOf(name, told))
      if (reply.natsUser !== undefined) throw foreignNats()
    }
  } finally {
    await api.ask({ method: 'DELETE', path: `/tokens/${made.id}`, answer: z.unknown() })
  }
}

function foreignNats(): RoadsteadError {
  return new RoadsteadError('simulation-refused', {
    why: 'the NATS of this federation is not its own, and users are added to it by hand',
  })
}

/** Resolves when the masters route to all of them. */
export async function untilGuestsServe(
  shell: Shell,
  { api }: Site,
  hosts: readonly FleetHost[],
  hint: string,
): Promise<void> {
  const names = new Set(hosts.map(({ name }) => name))
  const count = hosts.reduce((sum, { containers }) => sum + containers.length, 0)
  let refused: RoadsteadError | undefined
  const what = { what: `${count} simulated containers`, msMax: IN_FORCE_MS_MAX, hint, lookMs: 500 }
  await waitUntil(shell, what, async () => {
    const { items } = await api.ask({ method: 'GET', path: '/hosts', answer: listOf(HostView) })
    const guests = items.filter(({ id }) => names.has(id))
    const serving = guests.reduce((sum, { endpoints }) => sum + endpoints, 0)
    if (serving === count) return true
    const told = guests.find(({ containers, endpoints }) => containers > 0 && endpoints === 0)
    const container = hosts.find(({ name }) => name === told?.id)?.containers[0]
    if (container !== undefined)
      refused = await refusalOf(api, `${container.host}/${container.name}`)
    return refused === undefined ? undefined : true
  })
  if (refused !== undefined) throw refused
}

async function refusalOf(api: ApiClient, name: string): Promise<RoadsteadError | undefined> {
  const path = `/containers/${name}`
  const { verdicts } = await api.ask({ method: 'GET', path, answer: ContainerView })
  const bad = verdicts.find(({ reason }) => reasonTable[reason].state === 'refused')
  if (bad === undefined) return undefined
  const { summary } = reasonTable[bad.reason]
  return new RoadsteadError('simulation-refused', { container: name, [bad.reason]: summary })
}
