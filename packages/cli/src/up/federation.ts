import fs from 'node:fs'
import path from 'node:path'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { type EdgeView, HostView, listOf } from '@roadstead/shared/protocol/http.ts'
import { SOCKET_PATH_BYTES_MAX } from '../config.ts'
import type { ApiClient } from '../io/api-client.ts'
import { createEngineClient } from '../io/engine-client.ts'
import { searchPath } from '../io/find-program.ts'
import { enginesIn } from '../io/engines-file.ts'
import type { Shell } from '../shell.ts'
import type { EngineChoice } from './engine-choice.ts'
import { layout } from './layout.ts'
import { agentPlan, enginesPlan, type PlanFacts, simulatorPlan } from './plans.ts'
import type { Roles } from './roles.ts'
import {
  type Control,
  READY_MS_MAX,
  requireParts,
  startControl,
  waitForEdge,
} from './start-control.ts'
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
  const engines = Object.keys(enginesIn(config.engines))
  if (engine === 'docker') await requireEngine(config.dockerHost)
  await requireParts(shell, facts.path)
  const dockerHost = await startEngine(shell, roles, facts, engine)
  const control = await startControl(shell, roles, facts, {
    engines,
    users: async () => [],
    loopbackHosts: ({ agent }) => (engine === 'simulated' ? [agent.identity.id] : []),
  })
  // After the masters: they remove nothing of a host until they have heard its first heartbeat, and
  // one that was sent before they listened would cost the first five seconds.
  roles.start(agentPlan(facts, dockerHost))
  if (config.engines !== undefined) roles.start(enginesPlan(facts, config.engines))
  await waitForAgent(shell, facts, control)
  const edge = await waitForEdge(shell, facts, control)
  const { api, masterUrls } = control
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

async function waitForAgent(
  shell: Shell,
  { layout: at }: PlanFacts,
  { api, identities }: Control,
): Promise<void> {
  const host = identities.agent.identity.id
  const agent = { what: 'the agent', msMax: READY_MS_MAX, hint: at.log('agent') }
  await waitUntil(shell, agent, async () => {
    const hosts = await api.ask({ method: 'GET', path: '/hosts', answer: listOf(HostView) })
    return hosts.items.find(({ id, synced }) => id === host && synced)
  })
}
