import fs from 'node:fs'
import path from 'node:path'
import { createIdentity, type LoadedIdentity } from '@roadstead/bus/identity.ts'
import type { BusUser } from '@roadstead/bus/permissions.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { EdgeView, listOf } from '@roadstead/shared/protocol/http.ts'
import { SOCKET_PATH_BYTES_MAX } from '../config.ts'
import { type FleetContainer, type FleetHost, PORT } from '../core/simulation/fleet.ts'
import type { BusRelay } from '../io/bus-relay.ts'
import { openSimulatedEngine, type SimulatedEngine } from '../io/simulated-engine.ts'
import type { Shell } from '../shell.ts'
import type { Identities } from '../up/identities.ts'
import { fleetAgentsPlan, fleetEnginesPlan, type PlanFacts } from '../up/plans.ts'
import type { Roles } from '../up/roles.ts'
import { type Control, READY_MS_MAX } from '../up/start-control.ts'
import { waitUntil } from '../up/wait-until.ts'
import type { RolePlan } from '../up/run-role.ts'
import type { Breakable } from './break-things.ts'
import type { Member } from './drive.ts'

/** Up to so many hosts have an agent process each, as in life; more share one. */
const OWN_PROCESSES_MAX = 50
/** Containers whose programs one process can run; it has a listening socket or two for each. */
const PROGRAMS_PER_PROCESS = 5_000
/** Containers are made on so many engines at once. */
const ENGINES_AT_ONCE = 8
/** Before thousands are looked at, told, derived and in force. */
export const IN_FORCE_MS_MAX = 10 * 60_000

/** Makes each host known to the bus, by the way to it that it is to use. */
export async function enrolHosts(
  facts: PlanFacts,
  { agent, masters }: Identities,
  hosts: readonly FleetHost[],
  natsUrlOf: (host: string) => string,
): Promise<readonly BusUser[]> {
  const { site } = agent.identity
  const believed = masters.map(({ identity }: LoadedIdentity) => identity.publicKey)
  const users: BusUser[] = []
  for (const { name } of hosts) {
    const who = { role: 'agent', id: name, name, site, masters: believed } as const
    const folder = path.join(facts.layout.agents, name)
    const { identity } = await createIdentity(folder, { ...who, natsUrl: natsUrlOf(name) })
    users.push({ role: 'agent', id: name, site, publicKey: identity.publicKey })
  }
  return users
}

/** Starts the simulated engines, and connects to each. */
export async function startEngines(
  shell: Shell,
  roles: Roles,
  facts: PlanFacts,
  hosts: readonly FleetHost[],
): Promise<{ readonly engines: readonly SimulatedEngine[]; readonly plans: readonly RolePlan[] }> {
  fs.mkdirSync(facts.layout.simulator, { recursive: true, mode: 0o700 })
  const longest = socketOf(facts, hosts.at(-1)?.name ?? '')
  if (Buffer.byteLength(longest) > SOCKET_PATH_BYTES_MAX) {
    throw new RoadsteadError('bad-config', {
      ROADSTEAD_STATE_DIR: `is too long for sockets in it (${longest}); use a shorter path`,
    })
  }
  const perProcess = Math.max(
    1,
    Math.floor(PROGRAMS_PER_PROCESS / (hosts[0]?.containers.length ?? 1)),
  )
  const plans = groupsOf(hosts, perProcess).map((group, at) =>
    fleetEnginesPlan(
      facts,
      `simulator-${at + 1}`,
      group.map((it) => [it.name, socketOf(facts, it.name)]),
    ),
  )
  for (const plan of plans) roles.start(plan)
  const engines = hosts.map(({ name }) => openSimulatedEngine(socketOf(facts, name)))
  for (const [at, engine] of engines.entries()) {
    const what = `the simulated engine of ${hosts[at]?.name}`
    const hint = facts.layout.log('simulator-1')
    await waitUntil(shell, { what, msMax: READY_MS_MAX, hint }, async () => {
      await engine.hang(false)
      return true
    })
  }
  return { engines, plans }
}

/** Makes all containers and starts them; health checks pass. */
export async function fillEngines(
  hosts: readonly FleetHost[],
  engines: readonly SimulatedEngine[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Member>> {
  const memberByName = new Map<string, Member>()
  const line = hosts.entries()
  const work = async (): Promise<void> => {
    for (const [at, { containers }] of line) {
      const engine = engines[at]
      signal.throwIfAborted()
      if (engine !== undefined) await fillOne(engine, containers, memberByName)
    }
  }
  await Promise.all(Array.from({ length: ENGINES_AT_ONCE }, work))
  return memberByName
}

async function fillOne(
  engine: SimulatedEngine,
  containers: readonly FleetContainer[],
  memberByName: Map<string, Member>,
): Promise<void> {
  const made: Member[] = []
  for (const container of containers) {
    const id = await engine.create(container, PORT)
    made.push({ container, id, engine })
  }
  const starts = made.map(({ id }) => ({ container: id, does: 'start' }) as const)
  const checked = made.filter(({ container }) => container.hasCheck)
  const heals = checked.map(({ id }) => ({ container: id, does: 'heal' }) as const)
  await engine.play([...starts, ...heals])
  for (const member of made) memberByName.set(member.container.name, member)
}

/** One process for each host, or one for all when there are many. */
export function startAgents(
  roles: Roles,
  facts: PlanFacts,
  hosts: readonly FleetHost[],
): readonly RolePlan[] {
  const perProcess = hosts.length > OWN_PROCESSES_MAX ? hosts.length : 1
  const plans = groupsOf(hosts, perProcess).map((group, at) =>
    fleetAgentsPlan(
      facts,
      perProcess === 1 ? `agent-${at + 1}` : 'agents-1',
      group.map((it) => [it.name, socketOf(facts, it.name)]),
    ),
  )
  for (const plan of plans) roles.start(plan)
  return plans
}

/** Those that have a relay between them and the bus. */
export function breakablesOf(
  hosts: readonly FleetHost[],
  engines: readonly SimulatedEngine[],
  relays: ReadonlyMap<string, BusRelay>,
): readonly Breakable[] {
  return hosts.flatMap(({ name }, at) => {
    const [engine, relay] = [engines[at], relays.get(name)]
    return engine === undefined || relay === undefined ? [] : [{ name, engine, relay }]
  })
}

/** Resolves when the edge serves them all. */
export async function untilInForce(
  shell: Shell,
  facts: PlanFacts,
  { api, identities }: Control,
  count: number,
): Promise<EdgeView> {
  const edgeId = identities.edge.identity.id
  const what = {
    what: `${count} containers in force at the edge`,
    msMax: IN_FORCE_MS_MAX,
    hint: facts.layout.logs,
    lookMs: 500,
  }
  return waitUntil(shell, what, async () => {
    const edges = await api.ask({ method: 'GET', path: '/edges', answer: listOf(EdgeView) })
    return edges.items.find(({ id, inForce }) => id === edgeId && inForce?.endpoints === count)
  })
}

function socketOf(facts: PlanFacts, host: string): string {
  return path.join(facts.layout.simulator, `${host}.sock`)
}

function groupsOf<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) =>
    items.slice(at * size, (at + 1) * size),
  )
}
