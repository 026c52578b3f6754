import type { Environment } from '@roadstead/shared/kernel/read-config.ts'
import type { CliConfig } from '../config.ts'
import { roleLog } from '../io/role-log.ts'
import { DASHBOARD_DIR, type Layout, programOf, ROOT, type RoleProgram } from './layout.ts'
import type { RolePlan } from './run-role.ts'

export interface PlanFacts {
  readonly layout: Layout
  readonly config: CliConfig
  /** Of the person who typed `up`, so that variables of a role need no flag here. */
  readonly environment: Environment
  readonly path: string
}

export function natsPlan(facts: PlanFacts, program: string, configFile: string): RolePlan {
  return {
    name: 'nats',
    command: [program, '-c', configFile],
    cwd: ROOT,
    env: { PATH: facts.path },
    log: roleLog(facts.layout.log('nats')),
  }
}

export interface MasterPlace {
  readonly name: string
  readonly apiPort: number
  /** Hosts whose engine is simulated, on this machine. */
  readonly loopbackHosts: readonly string[]
}

export function masterPlan(facts: PlanFacts, place: MasterPlace): RolePlan {
  const { config, layout } = facts
  const { name, apiPort, loopbackHosts } = place
  const natsDir = config.natsUrl === undefined ? { ROADSTEAD_NATS_DIR: layout.nats } : {}
  return rolePlan(facts, name, 'master', {
    ROADSTEAD_STATE_DIR: layout.master(name),
    ROADSTEAD_API_PORT: String(apiPort),
    ROADSTEAD_BIND: config.bind,
    ROADSTEAD_DASHBOARD_DIR: DASHBOARD_DIR,
    ...natsDir,
    ...(loopbackHosts.length > 0 && { ROADSTEAD_LOOPBACK_HOSTS: loopbackHosts.join(',') }),
    // A secret of our own stays in its file; one that came by variable goes on by variable.
    ...(config.token === undefined
      ? { ROADSTEAD_TOKEN_FILE: layout.adminToken }
      : { ROADSTEAD_TOKEN: config.token }),
  })
}

export function agentPlan(facts: PlanFacts, dockerHost: string): RolePlan {
  return rolePlan(facts, 'agent', 'agent', {
    ROADSTEAD_STATE_DIR: facts.layout.agent,
    DOCKER_HOST: dockerHost,
    ROADSTEAD_ENGINES: '',
    ...(facts.config.dockerSocket !== undefined && {
      ROADSTEAD_DOCKER_SOCKET: facts.config.dockerSocket,
    }),
  })
}

/** A second agent: the one of this machine's engine stays as it is, whatever those elsewhere do. */
export function enginesPlan(facts: PlanFacts, file: string): RolePlan {
  return rolePlan(facts, 'engines', 'agent', {
    ROADSTEAD_STATE_DIR: facts.layout.engines,
    ROADSTEAD_ENGINES: file,
    // Of the engine here, and of nobody else.
    ROADSTEAD_ADVERTISE: '',
    ROADSTEAD_DOCKER_SOCKET: '',
  })
}

export function edgePlan(facts: PlanFacts, hostId: string): RolePlan {
  return rolePlan(facts, 'edge', 'edge', {
    ROADSTEAD_STATE_DIR: facts.layout.edge,
    ROADSTEAD_HTTP_PORT: String(facts.config.httpPort),
    ROADSTEAD_EDGE_HOST: hostId,
  })
}

export function simulatorPlan(facts: PlanFacts, socket: string): RolePlan {
  const plan = rolePlan(facts, 'simulator', 'simulator', {})
  return { ...plan, command: [...plan.command, '--socket', socket] }
}

/** Names and sockets of engines, of a host each. */
type NamedSockets = readonly (readonly [name: string, socket: string])[]

/** Many simulated engines in one process. */
export function fleetEnginesPlan(facts: PlanFacts, role: string, engines: NamedSockets): RolePlan {
  const plan = rolePlan(facts, role, 'simulator', {})
  const flags = engines.flatMap(([name, socket]) => ['--name', name, '--socket', socket])
  return { ...plan, command: [...plan.command, ...flags] }
}

/** Agents of simulated engines in one process; what a person's own agent is told is not for them. */
export function fleetAgentsPlan(facts: PlanFacts, role: string, engines: NamedSockets): RolePlan {
  return rolePlan(facts, role, 'agent', {
    ROADSTEAD_STATE_DIR: facts.layout.agents,
    ROADSTEAD_SIMULATED_ENGINES: engines.map(([name, at]) => `${name}=unix://${at}`).join(','),
    ROADSTEAD_DOCKER_SOCKET: '',
    ROADSTEAD_ADVERTISE: '',
    DOCKER_HOST: '',
  })
}

function rolePlan(
  { environment, layout, path }: PlanFacts,
  name: string,
  program: RoleProgram,
  own: Readonly<Record<string, string>>,
): RolePlan {
  const { ROADSTEAD_TOKEN: _token, ROADSTEAD_TOKEN_FILE: _file, ...inherited } = environment
  return {
    name,
    command: [process.execPath, programOf(program)],
    cwd: ROOT,
    env: { ...inherited, PATH: path, ...own },
    log: roleLog(layout.log(name)),
  }
}
