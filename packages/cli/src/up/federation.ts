import fs from 'node:fs'
import path from 'node:path'
import { ensureTopology } from '@roadstead/bus/nats/ensure-topology.ts'
import { SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { SOCKET_PATH_BYTES_MAX } from '../config.ts'
import { EdgeView, HostView, listOf } from '@roadstead/shared/protocol/http.ts'
import { localHost } from '../core/reachable-address.ts'
import { findProgram, searchPath } from '../io/find-program.ts'
import { ensureSecretFile } from '../io/secret-file.ts'
import { createApiClient, type ApiClient } from '../io/api-client.ts'
import { createEngineClient } from '../io/engine-client.ts'
import type { Shell } from '../shell.ts'
import type { EngineChoice } from './engine-choice.ts'
import { busUsers, ensureIdentities, type Identities } from './identities.ts'
import { layout, MASTERS } from './layout.ts'
import { usersForOperator, writeNatsFiles } from './nats.ts'
import {
  agentPlan,
  edgePlan,
  masterPlan,
  natsPlan,
  type PlanFacts,
  simulatorPlan,
} from './plans.ts'
import { requirePorts } from './require-ports.ts'
import type { Roles } from './roles.ts'
import { waitUntil } from './wait-until.ts'

/** All roles run, and each has been heard of. */
export interface Federation {
  readonly masterUrls: readonly string[]
  readonly visitorPort: number
  readonly dockerHost: string
  /** As it was when it first reported. */
  readonly edge: EdgeView
  readonly api: ApiClient
}

/** What a loaded machine may need to start a Node process and to elect a leader. */
const READY_MS_MAX = 30_000

/** A person adds users to a NATS by hand. */
const OPERATOR_MS_MAX = 30 * 60_000

/** Starts everything, in the order in which one needs the other, and waits until it works. */
export async function startFederation(
  shell: Shell,
  roles: Roles,
  engine: EngineChoice,
): Promise<Federation> {
  const { config, environment } = shell
  const facts: PlanFacts = {
    layout: layout(config.stateDir),
    config,
    environment,
    path: searchPath(environment['PATH']),
  }
  if (engine === 'docker') await requireEngine(config.dockerHost)
  findProgram('nginx', 'nginx-light', facts.path)
  await requirePorts(portsOf(shell))
  const dockerHost = await startEngine(shell, roles, facts, engine)
  const token = config.token ?? ensureSecretFile(facts.layout.adminToken)
  const masterUrls = MASTERS.map(
    (_, at) => `http://${localHost(config.bind)}:${config.apiPort + at}`,
  )
  const api = createApiClient(masterUrls, token, shell.signal)

  const identities = await startNats(shell, roles, facts)
  const loopbackHosts = engine === 'simulated' ? [identities.agent.identity.id] : []
  for (const [at, name] of MASTERS.entries()) {
    roles.start(masterPlan(facts, { name, apiPort: config.apiPort + at, loopbackHosts }))
  }
  roles.start(edgePlan(facts, identities.agent.identity.id))
  await waitForMasters(shell, facts, masterUrls)
  // After the masters: they remove nothing of a host until they have heard its first heartbeat, and
  // one that was sent before they listened would cost the first five seconds.
  roles.start(agentPlan(facts, dockerHost))
  const edge = await waitForOthers(shell, facts, { api, identities })
  return { masterUrls, visitorPort: config.httpPort, dockerHost, edge, api }
}

/** @throws RoadsteadError of the engine, with the way to do without one. */
async function requireEngine(dockerHost: string): Promise<void> {
  try {
    await createEngineClient(dockerHost).version()
  } catch (cause) {
    const isAway =
      cause instanceof RoadsteadError &&
      (cause.code === 'engine-unreachable' || cause.code === 'engine-forbidden')
    if (!isAway) throw cause
    const without = '`roadstead up --engine simulated` needs none'
    throw new RoadsteadError(cause.code, { ...cause.facts, without }, { cause })
  }
}

async function startEngine(
  shell: Shell,
  roles: Roles,
  facts: PlanFacts,
  choice: EngineChoice,
): Promise<string> {
  const { config } = shell
  if (choice === 'docker') return config.dockerHost
  const socket = path.join(facts.layout.simulator, 'docker.sock')
  if (Buffer.byteLength(socket) > SOCKET_PATH_BYTES_MAX) {
    throw new RoadsteadError('bad-config', {
      ROADSTEAD_STATE_DIR: `${config.stateDir} is too long for a socket in it; use a shorter path`,
    })
  }
  fs.mkdirSync(facts.layout.simulator, { recursive: true, mode: 0o700 })
  fs.rmSync(socket, { force: true })
  roles.start(simulatorPlan(facts, socket))
  const dockerHost = `unix://${socket}`
  const what = {
    what: 'the simulated engine',
    msMax: READY_MS_MAX,
    hint: facts.layout.log('simulator'),
  }
  await waitUntil(shell, what, () => createEngineClient(dockerHost).version())
  return dockerHost
}

async function startNats(shell: Shell, roles: Roles, facts: PlanFacts): Promise<Identities> {
  const { config, clock, output, random, signal } = shell
  const own = config.natsUrl === undefined
  const natsUrl = config.natsUrl ?? `nats://${localHost(config.bind)}:${config.natsPort}`
  const site = SiteId.parse(config.site)
  const identities = await ensureIdentities(facts.layout, site, natsUrl)
  const users = busUsers(identities)
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

interface Started {
  readonly api: ApiClient
  readonly identities: Identities
}

async function waitForOthers(
  shell: Shell,
  { layout: at }: PlanFacts,
  { api, identities }: Started,
): Promise<EdgeView> {
  const host = identities.agent.identity.id
  const agent = { what: 'the agent', msMax: READY_MS_MAX, hint: at.log('agent') }
  await waitUntil(shell, agent, async () => {
    const hosts = await api.ask({ method: 'GET', path: '/hosts', answer: listOf(HostView) })
    return hosts.items.find(({ id, synced }) => id === host && synced)
  })
  const edgeId = identities.edge.identity.id
  const edge = { what: 'the edge', msMax: READY_MS_MAX, hint: at.log('edge') }
  return waitUntil(shell, edge, async () => {
    const edges = await api.ask({ method: 'GET', path: '/edges', answer: listOf(EdgeView) })
    return edges.items.find(({ id, inForce, nginx }) => id === edgeId && nginx.running && inForce)
  })
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
