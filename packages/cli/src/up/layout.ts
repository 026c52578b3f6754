import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository: the roles are started from it by path, never imported. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../..')

export type RoleProgram = 'agent' | 'master' | 'edge' | 'simulator'

export const programOf = (role: RoleProgram): string =>
  path.join(ROOT, 'packages', role, 'src', 'main.ts')

export const DASHBOARD_DIR = path.join(ROOT, 'packages', 'dashboard', 'dist')

export const MASTERS = ['master-1', 'master-2'] as const

export const LOGGED_ROLES = ['nats', ...MASTERS, 'agent', 'engines', 'edge', 'simulator'] as const

/** In the folder of an edge: id of the host that it runs on, for those who start it by hand. */
export const AGENT_ID_FILE = 'agent-host-id'

/** Where things lie under the state directory. */
export function layout(stateDir: string) {
  const at = (name: string): string => path.join(stateDir, name)
  return {
    nats: at('nats'),
    agent: at('agent'),
    /** Of a simulated fleet, in a folder each. */
    agents: at('agents'),
    /** Each engine that `up` is told of by name has its folder in it. */
    engines: at('engines'),
    edge: at('edge'),
    provisioner: at('provisioner'),
    master: (name: string): string => at(name),
    pids: at('pids'),
    logs: at('logs'),
    log: (role: string): string => path.join(stateDir, 'logs', `${role}.log`),
    adminToken: at('admin.token'),
    simulator: at('simulator'),
    /** Names the Docker socket that the agent serves, while `up` runs. */
    dockerSocket: at('docker-socket'),
  } as const
}
export type Layout = ReturnType<typeof layout>
