import fs from 'node:fs'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { HostView, listOf } from '@roadstead/shared/protocol/http.ts'
import { type FleetHost, fleetOf } from '../core/simulation/fleet.ts'
import type { SimulationPlan } from '../core/simulation/plan.ts'
import type { Summary } from '../core/simulation/summary.ts'
import { type ApiClient, createApiClient } from '../io/api-client.ts'
import { type BusRelay, openBusRelay } from '../io/bus-relay.ts'
import { newShortId } from '../io/secret-file.ts'
import type { Shell } from '../shell.ts'
import type { PlanFacts } from '../up/plans.ts'
import { Roles } from '../up/roles.ts'
import { waitUntil } from '../up/wait-until.ts'
import type { Member } from './drive.ts'
import { type GuestRecord, keepGuests, noteGuests, readGuests, removalOf } from './guest-record.ts'
import {
  enrolGuests,
  freeRow,
  lookAtSite,
  type Site,
  type SiteFlags,
  untilGuestsServe,
} from './join-site.ts'
import { type Removal, removeHosts } from './remove-hosts.ts'
import { type Fleet, runSimulation } from './run-simulation.ts'
import { openStage } from './stage.ts'
import { breakablesOf, fillEngines, startAgents, startEngines } from './start-fleet.ts'

/**
 * Simulated hosts in a federation that runs, beside whoever else is in it. They enrol as any host does, their
 * names and domains are nobody else's, and at the end, however it comes, they are removed again.
 */
export async function simulateAsGuest(
  shell: Shell,
  plan: SimulationPlan,
  flags: SiteFlags,
): Promise<Summary> {
  const { token } = shell.config
  if (token === undefined) {
    // The token that may lie in the state directory was not given for this.
    const why =
      'is needed with --join: a file with the token of an admin there, who allows it by that'
    throw new RoadsteadError('bad-input', { '--token-file': why })
  }
  const api = createApiClient([flags.url], token, shell.signal)
  await using stage = await openStage(shell, (dir) => takeOut(shell, dir, flags.url, token))
  const site = await lookAtSite(api, flags)
  const hosts = await hostsFor(shell, plan, site)
  noteGuests(stage.dir, { url: flags.url, hosts: hosts.map(({ name }) => name) })
  await using _guests = { [Symbol.asyncDispose]: () => takeOut(shell, stage.dir, flags.url, token) }
  await using roles = new Roles(stage.deps)
  await using opened = new AsyncDisposableStack()
  const stop = new AbortController()
  const signal = AbortSignal.any([shell.signal, stop.signal])
  const beginning = { plan, site, hosts, roles, opened, token }
  const starting = startAll({ ...stage.shell, signal }, stage.facts, beginning)
  await using _started = { [Symbol.asyncDispose]: () => endStart(stop, starting) }
  const fleet = await Promise.race([starting, roles.untilBroken()])
  shell.output.note(`  ${fleet.containers.length} containers are served; Ctrl-C ends it\n`)
  return await Promise.race([runSimulation(stage.shell, plan, fleet), roles.untilBroken()])
}

async function hostsFor(
  { output, random }: Shell,
  plan: SimulationPlan,
  { address, door }: Site,
): Promise<readonly FleetHost[]> {
  const count = plan.hosts * plan.containers
  const firstPort = await freeRow(address, count, () => random.next())
  const fleet = newShortId('simulated')
  output.note(
    `${plan.hosts} hosts ${fleet}-… with ${count} containers at ${address}, visited at ` +
      `${door.host}:${door.port}; ${plan.perSecond} changes a second, seed ${plan.seed}\n`,
  )
  return fleetOf(plan, { kind: 'guest', fleet, address, firstPort })
}

interface Beginning {
  readonly plan: SimulationPlan
  readonly site: Site
  readonly hosts: readonly FleetHost[]
  readonly roles: Roles
  readonly opened: AsyncDisposableStack
  readonly token: string
}

async function startAll(
  shell: Shell,
  facts: PlanFacts,
  { hosts, opened, plan, roles, site, token }: Beginning,
): Promise<Fleet> {
  const { signal } = shell
  const { engines, plans } = await startEngines(shell, roles, facts, hosts)
  for (const engine of engines) opened.use(engine)
  const memberByName = await fillEngines(hosts, engines, signal)
  const relays = new Map<string, BusRelay>()
  const { url } = site
  const joining = { api: patientClient(url, token), url, signal }
  await enrolGuests(joining, facts, hosts, async (host, told) => {
    if (!plan.faults) return told
    const relay = opened.use(await openBusRelay(told))
    relays.set(host, relay)
    return relay.url
  })
  const agents = startAgents(roles, facts, hosts)
  opened.defer(() => emptyEngines(shell, site, hosts, memberByName))
  await untilGuestsServe(shell, site, hosts, facts.layout.logs)
  return {
    masters: { urls: [url], token },
    door: site.door,
    facts,
    containers: hosts.flatMap(({ containers }) => containers),
    memberByName,
    breakables: breakablesOf(hosts, engines, relays),
    edge: site.edge,
    nameOf: ({ url }) => url,
    logs: [...plans, ...agents].map(({ log }) => log),
  }
}

/** Who still enrols hosts would bring in more than those who take them out know of. */
async function endStart(stop: AbortController, starting: Promise<Fleet>): Promise<void> {
  stop.abort()
  await starting.catch(() => undefined)
}

/** For what has to be said to its end when a person has interrupted the rest. */
function patientClient(url: string, token: string): ApiClient {
  return createApiClient([url], token, new AbortController().signal)
}

/** As when somebody takes his containers down: so nobody has to guess where they are, then or later. */
async function emptyEngines(
  { clock, config: { token }, hurry, output }: Shell,
  { url }: Site,
  hosts: readonly FleetHost[],
  memberByName: ReadonlyMap<string, Member>,
): Promise<void> {
  if (hurry.aborted) return
  output.note('  taking the simulated hosts out again\n')
  const members = [...memberByName.values()]
  const line = members.values()
  const work = async (): Promise<void> => {
    for (const { engine, id } of line) await engine.remove(id).catch(() => undefined)
  }
  await Promise.all(Array.from({ length: REMOVED_AT_ONCE }, work))
  const names = new Set(hosts.map(({ name }) => name))
  const api = createApiClient([url], token, hurry)
  const gone = { what: 'their containers to be gone', msMax: GONE_MS_MAX, hint: url, lookMs: 250 }
  // The hosts are removed next, and what is left on them with them.
  await waitUntil({ clock, signal: hurry }, gone, async () => {
    const { items } = await api.ask({ method: 'GET', path: '/hosts', answer: listOf(HostView) })
    return items.every(({ id, containers }) => !names.has(id) || containers === 0) || undefined
  }).catch(() => undefined)
}

const REMOVED_AT_ONCE = 16
const GONE_MS_MAX = 15_000

/** Removes whoever this folder says is in that federation; never throws, since what began it counts. */
async function takeOut(shell: Shell, dir: string, url: string, token: string): Promise<void> {
  for (const record of fs.existsSync(dir) ? readGuests(dir) : []) {
    // A token is for one federation, and is not shown to another.
    const { left, why } =
      record.url === url
        ? await removed(shell, record, token)
        : { left: record.hosts, why: undefined }
    keepGuests(dir, { ...record, hosts: left })
    if (left.length === 0) continue
    const reason = why instanceof Error ? ` (${why.message})` : ''
    const command = removalOf({ url: record.url, hosts: left })
    shell.output.note(`▲ still at ${record.url}${reason}; take them out by\n    ${command}\n`)
  }
}

function removed(
  { clock, hurry }: Shell,
  { hosts, url }: GuestRecord,
  token: string,
): Promise<Removal> {
  return removeHosts({ api: patientClient(url, token), clock, hurry }, hosts)
}
