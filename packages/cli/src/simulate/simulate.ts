import fs from 'node:fs'
import path from 'node:path'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { type FleetHost, fleetOf, OCTETS } from '../core/simulation/fleet.ts'
import type { SimulationPlan } from '../core/simulation/plan.ts'
import type { Summary } from '../core/simulation/summary.ts'
import { openBusRelay, type BusRelay } from '../io/bus-relay.ts'
import { searchPath } from '../io/find-program.ts'
import { roleLog } from '../io/role-log.ts'
import { lockStateDir } from '../io/state-lock.ts'
import type { Shell } from '../shell.ts'
import { endLeftovers } from '../up/end-leftovers.ts'
import { endNginx } from '../up/end-nginx.ts'
import { layout, LOGGED_ROLES } from '../up/layout.ts'
import type { PlanFacts } from '../up/plans.ts'
import { Roles } from '../up/roles.ts'
import { requireParts, startControl } from '../up/start-control.ts'
import { tellRoles } from '../up/tell-roles.ts'
import { type Fleet, runSimulation } from './run-simulation.ts'
import { enrolHosts, fillEngines, startAgents, startEngines, untilInForce } from './start-fleet.ts'

/** Beside whatever else lives in the state directory, so that an `up` there keeps what it has. */
const FOLDER = 'simulation'

/** What a summary leaves behind: everything that the parts have said. */
const KEPT = ['logs', 'up.lock', 'up.pid']

/**
 * A federation of real parts with a simulated fleet: starts all of it, lets things happen to its
 * containers for as long as was asked, says what visitors noticed, and ends all that it started.
 */
export async function simulate(shell: Shell, plan: SimulationPlan): Promise<Summary> {
  const here = inOwnFolder(shell)
  const { clock, config, environment, output } = here
  const facts = {
    layout: layout(config.stateDir),
    config,
    environment,
    path: searchPath(environment['PATH']),
  }
  using _lock = lockStateDir(config.stateDir)
  const tell = tellRoles(here)
  const onNews: typeof tell = (news) => (news.kind === 'started' ? undefined : tell(news))
  const deps = { ...here, pidDir: facts.layout.pids, onNews }
  await endLeftovers(deps, facts.layout.pids)
  await endNginx(here)
  empty(config.stateDir, ['up.lock', 'up.pid'])
  await requireParts(here, facts.path)
  using _emptied = { [Symbol.dispose]: () => empty(config.stateDir, KEPT) }
  await using _nginx = { [Symbol.asyncDispose]: () => endNginx(here) }
  await using roles = new Roles(deps)
  await using opened = new AsyncDisposableStack()
  const beganMs = clock.monoMs()
  const starting = startAll(here, { plan, facts, roles, opened })
  const fleet = await Promise.race([starting, roles.untilBroken()])
  const seconds = ((clock.monoMs() - beganMs) / 1_000).toFixed(1)
  output.note(`  everything runs and is in force (${seconds} s); Ctrl-C ends it\n`)
  const running = runSimulation(here, plan, fleet)
  return await Promise.race([running, roles.untilBroken()])
}

interface Stage {
  readonly plan: SimulationPlan
  readonly facts: PlanFacts
  readonly roles: Roles
  readonly opened: AsyncDisposableStack
}

async function startAll(shell: Shell, { plan, facts, roles, opened }: Stage): Promise<Fleet> {
  const { output, random, signal } = shell
  const octets = OCTETS.last - OCTETS.first
  const hosts = fleetOf(plan, OCTETS.first + Math.floor(random.next() * octets))
  const count = plan.hosts * plan.containers
  output.note(
    `${plan.hosts} hosts with ${count} containers, ${plan.perSecond} changes a second, seed ${plan.seed}\n`,
  )
  const { engines, plans } = await startEngines(shell, roles, facts, hosts)
  for (const engine of engines) opened.use(engine)
  const memberByName = await fillEngines(hosts, engines, signal)
  output.note('  the containers run; now NATS, two masters, and an edge with nginx\n')
  const relays = new Map<string, BusRelay>()
  const control = await startControl(shell, roles, facts, {
    engines: [],
    async users(identities) {
      const { natsUrl } = identities.agent.identity
      for (const { name } of plan.faults ? hosts : []) {
        relays.set(name, opened.use(await openBusRelay(natsUrl)))
      }
      return enrolHosts(facts, identities, hosts, (host) => relays.get(host)?.url ?? natsUrl)
    },
    loopbackHosts: () => hosts.map(({ name }) => name),
  })
  output.note('  and the agents\n')
  const agents = startAgents(roles, facts, hosts)
  const edge = await untilInForce(shell, facts, control, count)
  const breakables = hosts.flatMap(({ name }, at) => {
    const [engine, relay] = [engines[at], relays.get(name)]
    return engine === undefined || relay === undefined ? [] : [{ name, engine, relay }]
  })
  const logs = [
    ...LOGGED_ROLES.map((role) => roleLog(facts.layout.log(role))),
    ...[...plans, ...agents].map(({ log }) => log),
  ]
  return { control, containers: containersOf(hosts), memberByName, breakables, edge, facts, logs }
}

function containersOf(hosts: readonly FleetHost[]) {
  return hosts.flatMap(({ containers }) => containers)
}

/** @throws RoadsteadError `bad-input` for a NATS that is not ours: it would have to know every host */
function inOwnFolder(shell: Shell): Shell {
  const { config } = shell
  if (config.natsUrl !== undefined) {
    throw new RoadsteadError('bad-input', {
      ROADSTEAD_NATS_URL: 'is not for a simulation, which starts a NATS of its own; unset it',
    })
  }
  return { ...shell, config: { ...config, stateDir: path.join(config.stateDir, FOLDER) } }
}

function empty(dir: string, kept: readonly string[]): void {
  for (const name of fs.readdirSync(dir)) {
    if (!kept.includes(name)) fs.rmSync(path.join(dir, name), { recursive: true, force: true })
  }
}
