import { ensureTopology } from '@roadstead/bus/nats/ensure-topology.ts'
import type { BusUser } from '@roadstead/bus/permissions.ts'
import { SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { EdgeView, listOf } from '@roadstead/shared/protocol/http.ts'
import { localHost } from '../core/reachable-address.ts'
import { type ApiClient, createApiClient } from '../io/api-client.ts'
import { findProgram } from '../io/find-program.ts'
import { ensureSecretFile } from '../io/secret-file.ts'
import type { Shell } from '../shell.ts'
import { busUsers, ensureIdentities, type Identities } from './identities.ts'
import { MASTERS } from './layout.ts'
import { usersForOperator, writeNatsFiles } from './nats.ts'
import { edgePlan, masterPlan, natsPlan, type PlanFacts } from './plans.ts'
import { requirePorts } from './require-ports.ts'
import type { Roles } from './roles.ts'
import { waitUntil } from './wait-until.ts'

/** NATS, the masters and an edge, which has perhaps no table yet: everything but agents. */
export interface Control {
  readonly masterUrls: readonly string[]
  readonly api: ApiClient
  readonly identities: Identities
}

/** What the hosts that will join need of it from the start. */
export interface ControlWishes {
  /** Names of engines on other machines, each a host that is watched from here. */
  readonly engines: readonly string[]
  /** Further users of the bus. */
  users(identities: Identities): Promise<readonly BusUser[]>
  /** Ids of hosts whose engine is simulated, on this machine. */
  loopbackHosts(identities: Identities): readonly string[]
}

/** What a loaded machine may need to start a Node process and to elect a leader. */
export const READY_MS_MAX = 30_000

/** A person adds users to a NATS by hand. */
const OPERATOR_MS_MAX = 30 * 60_000

/** @throws RoadsteadError `missing-program` or `port-busy`: asked before anything is started. */
export async function requireParts(shell: Shell, path: string): Promise<void> {
  findProgram('nginx', 'nginx-light', path)
  await requirePorts(portsOf(shell))
}

/** Starts it in the order in which one needs the other, and waits until the masters answer. */
export async function startControl(
  shell: Shell,
  roles: Roles,
  facts: PlanFacts,
  wishes: ControlWishes,
): Promise<Control> {
  const { config } = shell
  const token = config.token ?? ensureSecretFile(facts.layout.adminToken)
  const masterUrls = MASTERS.map(
    (_, at) => `http://${localHost(config.bind)}:${config.apiPort + at}`,
  )
  const api = createApiClient(masterUrls, token, shell.signal)
  const identities = await startNats(shell, roles, facts, wishes)
  const loopbackHosts = wishes.loopbackHosts(identities)
  for (const [at, name] of MASTERS.entries()) {
    roles.start(masterPlan(facts, { name, apiPort: config.apiPort + at, loopbackHosts }))
  }
  roles.start(edgePlan(facts, identities.agent.identity.id))
  await waitForMasters(shell, facts, masterUrls)
  return { masterUrls, api, identities }
}

/** Resolves when the edge has a table in force. */
export async function waitForEdge(
  shell: Shell,
  facts: PlanFacts,
  { api, identities }: Control,
): Promise<EdgeView> {
  const edgeId = identities.edge.identity.id
  const edge = { what: 'the edge', msMax: READY_MS_MAX, hint: facts.layout.log('edge') }
  return waitUntil(shell, edge, async () => {
    const edges = await api.ask({ method: 'GET', path: '/edges', answer: listOf(EdgeView) })
    return edges.items.find(({ id, inForce, nginx }) => id === edgeId && nginx.running && inForce)
  })
}

async function startNats(
  shell: Shell,
  roles: Roles,
  facts: PlanFacts,
  wishes: ControlWishes,
): Promise<Identities> {
  const { config, clock, output, random, signal } = shell
  const own = config.natsUrl === undefined
  const natsUrl = config.natsUrl ?? `nats://${localHost(config.bind)}:${config.natsPort}`
  const site = SiteId.parse(config.site)
  const identities = await ensureIdentities(facts.layout, site, natsUrl, wishes.engines)
  const users = [...busUsers(identities), ...(await wishes.users(identities))]
  if (own) {
    const program = findProgram('nats-server', 'nats-server', facts.path)
    const where = { dir: facts.layout.nats, site, bind: config.bind, port: config.natsPort }
    roles.start(natsPlan(facts, program, writeNatsFiles(where, users)))
  } else {
    output.note(`NATS at ${natsUrl} is not ours. These users must exist there:\n\n`)
    output.write(usersForOperator(users))
  }
  const { identity, seed } = identities.provisioner
  const params = { natsUrl, seed, site, id: identity.id, clock, random, log: silentLog }
  await waitForTopology(shell, own ? READY_MS_MAX : OPERATOR_MS_MAX, facts.layout.log('nats'), () =>
    ensureTopology(params, signal),
  )
  return identities
}

/** Streams that differ from what they should be will not mend themselves: that is said at once. */
async function waitForTopology(
  shell: Shell,
  msMax: number,
  hint: string,
  ensure: () => Promise<void>,
): Promise<void> {
  let unsuitable: RoadsteadError | undefined
  const what = { what: 'NATS, with its streams', msMax, hint }
  await waitUntil(shell, what, async () => {
    try {
      await ensure()
    } catch (error) {
      if (!(error instanceof RoadsteadError) || error.code !== 'bus-unsuitable') throw error
      unsuitable = error
    }
    return true
  })
  if (unsuitable !== undefined) throw unsuitable
}

async function waitForMasters(
  shell: Shell,
  { layout: at }: PlanFacts,
  masterUrls: readonly string[],
): Promise<void> {
  for (const [index, url] of masterUrls.entries()) {
    const name = MASTERS[index] ?? ''
    const what = { what: `${name} at ${url}`, msMax: READY_MS_MAX, hint: at.log(name) }
    await waitUntil(shell, what, async () => ((await fetch(`${url}/readyz`)).ok ? true : undefined))
  }
}

function portsOf({ config }: Shell) {
  const { apiPort, bind, httpPort, natsPort, natsUrl } = config
  const nats = {
    address: bind,
    port: natsPort,
    variable: 'ROADSTEAD_NATS_PORT',
    what: 'NATS (or set ROADSTEAD_NATS_URL to use one that runs)',
  }
  const api = MASTERS.map((name, at) => ({
    address: bind,
    port: apiPort + at,
    variable: 'ROADSTEAD_API_PORT',
    what: `the API of ${name}`,
  }))
  const visitors = {
    address: '0.0.0.0',
    port: httpPort,
    variable: 'ROADSTEAD_HTTP_PORT',
    what: 'nginx',
  }
  return [...(natsUrl === undefined ? [nats] : []), ...api, visitors]
}
