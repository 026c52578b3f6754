import path from 'node:path'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { fleetOf, OCTETS } from '../core/simulation/fleet.ts'
import type { SimulationPlan } from '../core/simulation/plan.ts'
import type { Summary } from '../core/simulation/summary.ts'
import { openBusRelay, type BusRelay } from '../io/bus-relay.ts'
import { readPidRecords } from '../io/pid-record.ts'
import { roleLog } from '../io/role-log.ts'
import { readSecretFile } from '../io/secret-file.ts'
import type { Shell } from '../shell.ts'
import { endNginx } from '../up/end-nginx.ts'
import { LOGGED_ROLES } from '../up/layout.ts'
import type { PlanFacts } from '../up/plans.ts'
import { Roles } from '../up/roles.ts'
import { requireParts, startControl } from '../up/start-control.ts'
import { GUESTS_FILE, readGuests, removalOf } from './guest-record.ts'
import { type Fleet, runSimulation } from './run-simulation.ts'
import { openStage } from './stage.ts'
import {
  breakablesOf,
  enrolHosts,
  fillEngines,
  startAgents,
  startEngines,
  untilInForce,
} from './start-fleet.ts'

/**
 * A federation of real parts with a simulated fleet: starts all of it, lets things happen to its
 * containers for as long as was asked, says what visitors noticed, and ends all that it started.
 */
export async function simulate(shell: Shell, plan: SimulationPlan): Promise<Summary> {
  const { clock, output } = shell
  if (shell.config.natsUrl !== undefined) throw foreignNats()
  await using stage = await openStage(shell, async (dir) => tellGuests(shell, dir))
  const { facts, shell: here } = stage
  await requireParts(here, facts.path)
  await using _nginx = { [Symbol.asyncDispose]: () => endNginx(here) }
  await using roles = new Roles(stage.deps)
  await using opened = new AsyncDisposableStack()
  const beganMs = clock.monoMs()
  const starting = startAll(here, { plan, facts, roles, opened })
  const fleet = await Promise.race([starting, roles.untilBroken()])
  const seconds = ((clock.monoMs() - beganMs) / 1_000).toFixed(1)
  output.note(`  everything runs and is in force (${seconds} s); Ctrl-C ends it\n`)
  const running = runSimulation(here, plan, fleet)
  return await Promise.race([running, roles.untilBroken()])
}

/** It would have to know every host. */
function foreignNats(): RoadsteadError {
  return new RoadsteadError('bad-input', {
    ROADSTEAD_NATS_URL:
      'is not for a simulation, which starts a NATS of its own; unset it, or --join a federation',
  })
}

/** One that was killed while it was a guest has left hosts, and this one cannot take them out. */
function tellGuests({ output }: Shell, dir: string): void {
  const guests = readGuests(dir)
  if (guests.length === 0) return
  const commands = guests.map((record) => `    ${removalOf(record)}\n`).join('')
  const file = path.join(dir, GUESTS_FILE)
  output.note(
    `▲ a simulation left hosts behind; take them out by\n${commands}  and then delete ${file}\n`,
  )
}

interface Beginning {
  readonly plan: SimulationPlan
  readonly facts: PlanFacts
  readonly roles: Roles
  readonly opened: AsyncDisposableStack
}

async function startAll(shell: Shell, { plan, facts, roles, opened }: Beginning): Promise<Fleet> {
  const { output, random, signal } = shell
  const octets = OCTETS.last - OCTETS.first
  const firstOctet = OCTETS.first + Math.floor(random.next() * octets)
  const hosts = fleetOf(plan, { kind: 'loopback', firstOctet })
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
  const { adminToken, pids } = facts.layout
  const token = facts.config.token ?? readSecretFile(adminToken)
  return {
    masters: { urls: control.masterUrls, token },
    door: { host: '127.0.0.1', port: facts.config.httpPort },
    facts,
    containers: hosts.flatMap(({ containers }) => containers),
    memberByName,
    breakables: breakablesOf(hosts, engines, relays),
    edge,
    nameOf: ({ pid, url }) => readPidRecords(pids).find((it) => it.pid === pid)?.role ?? url,
    logs: [
      ...LOGGED_ROLES.map((role) => roleLog(facts.layout.log(role))),
      ...[...plans, ...agents].map(({ log }) => log),
    ],
  }
}
