import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Api } from './api.ts'
import { accepts } from './bus-servers.ts'
import type { Engine } from './engine.ts'
import { eventually } from './eventually.ts'
import type { LanHost } from './lan.ts'
import { Process } from './process.ts'
import type { RunFolder } from './run-folder.ts'
import type { Visit } from './visitor.ts'

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
const DASHBOARD = path.join(ROOT, 'packages/dashboard/dist')
const START_MS_MAX = 20_000

/** A test host: an engine, and an agent that watches it from inside the same machine. */
export interface Host {
  readonly name: string
  readonly id: string
  readonly lan: LanHost
  readonly engine: Engine
  readonly agent: Process
  /** The engine's socket, as the agent offers it to whoever stops containers; only when asked for. */
  readonly drainSocket: string
}

export interface Master {
  readonly name: string
  readonly api: Api
  readonly process: Process
  readonly stateDir: string
}

export interface Edge {
  readonly name: string
  readonly id: string
  readonly process: Process
  readonly stateDir: string
  readonly httpPort: number
  /** Nobody listens there unless the rig was asked for it. */
  readonly httpsPort: number
  /** Folder of its certificates. */
  readonly certificates: string
}

type Role = 'agent' | 'master' | 'edge' | 'cli'

const programOf = (role: Role): string => path.join(ROOT, 'packages', role, 'src/main.ts')

export function startMaster(
  folder: RunFolder,
  it: {
    readonly name: string
    readonly stateDir: string
    readonly bind: string
    readonly port: number
    readonly token: string
    readonly natsDir: string
    readonly loopbackHosts: readonly string[]
  },
): Master {
  const env = {
    ROADSTEAD_LOOPBACK_HOSTS: it.loopbackHosts.join(','),
    ROADSTEAD_STATE_DIR: it.stateDir,
    ROADSTEAD_BIND: it.bind,
    ROADSTEAD_API_PORT: String(it.port),
    ROADSTEAD_TOKEN: it.token,
    ROADSTEAD_NATS_DIR: it.natsDir,
    ROADSTEAD_DASHBOARD_DIR: DASHBOARD,
  }
  const process = startRole(folder, it.name, 'master', env)
  const api = new Api(`http://${it.bind}:${it.port}`, it.token)
  return { name: it.name, api, process, stateDir: it.stateDir }
}

export async function startEdge(
  folder: RunFolder,
  it: {
    readonly name: string
    readonly id: string
    readonly stateDir: string
    readonly httpPort: number
    readonly httpsPort: number
    readonly env?: Readonly<Record<string, string>>
  },
): Promise<Edge> {
  const { name, id, stateDir, httpPort, httpsPort } = it
  const certificates = folder.folder(`certificates-${name}`)
  const hasTls = it.env?.['ROADSTEAD_HTTPS_PORT'] !== undefined
  const own = {
    ROADSTEAD_STATE_DIR: stateDir,
    ROADSTEAD_HTTP_PORT: String(httpPort),
    ...(hasTls && { ROADSTEAD_CERTIFICATES_DIR: certificates }),
  }
  const process = startRole(folder, name, 'edge', { ...own, ...it.env })
  const edge = { name, id, stateDir, httpPort, httpsPort, certificates, process }
  await edgeListens(edge)
  return edge
}

export async function edgeListens({ name, httpPort, process }: Edge): Promise<void> {
  const listens = (): Promise<boolean> => accepts('127.0.0.1', httpPort)
  await eventually(`nginx of ${name} listens (${process.tail()})`, listens, {
    withinMs: START_MS_MAX,
  })
}

export function startAgent(
  folder: RunFolder,
  it: {
    readonly name: string
    readonly stateDir: string
    readonly socket: string
    readonly env?: Readonly<Record<string, string>>
  },
  lan: LanHost,
): Process {
  const own = { ROADSTEAD_STATE_DIR: it.stateDir, DOCKER_HOST: `unix://${it.socket}` }
  const env = { ...own, ...it.env }
  if (lan.namespace === undefined)
    return startRole(folder, it.name, 'agent', { ...env, ...ON_LOOPBACK })
  return startRole(folder, it.name, 'agent', env, ['nsenter', `--net=/run/netns/${lan.namespace}`])
}

/** One agent for the engines that a file names, each with an identity in the state folder. */
export function startAgentOfSeveral(
  folder: RunFolder,
  env: Readonly<Record<'ROADSTEAD_STATE_DIR' | 'ROADSTEAD_ENGINES', string>>,
  { namespace }: LanHost,
): Process {
  const inside = namespace === undefined ? [] : ['nsenter', `--net=/run/netns/${namespace}`]
  return startRole(folder, 'agent-of-several', 'agent', env, inside)
}

export function drainEnv(socket: string, limitS: number): Record<string, string> {
  return { ROADSTEAD_DOCKER_SOCKET: socket, ROADSTEAD_DRAIN_LIMIT: String(limitS) }
}

/** Rejects: a part that cannot start would else be waited for until the end. */
export async function failsWhenItEnds(part: Process): Promise<never> {
  const { code, signal } = await part.exited
  throw new Error(`${part.name} ended (${code ?? signal}):\n${part.tail()}`)
}

/** Simulated containers are reached on this machine and from nowhere else. */
const ON_LOOPBACK = { ROADSTEAD_ADVERTISE: '127.0.0.1' }

/** How a visitor reaches a domain at this edge. */
export function visitOf(edge: Edge, domain: string, more: Partial<Visit> = {}): Visit {
  return { host: '127.0.0.1', port: edge.httpPort, domain, ...more }
}

/** A command of the CLI, run to its end. */
export function startCli(
  folder: RunFolder,
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Process {
  const command = [process.execPath, programOf('cli'), ...args] as const
  return Process.start({ name, command: [...command], env }, folder)
}

function startRole(
  folder: RunFolder,
  name: string,
  role: Role,
  env: Readonly<Record<string, string>>,
  wrapper: readonly string[] = [],
): Process {
  const [file, ...args] = [...wrapper, process.execPath, programOf(role)]
  return Process.start({ name, command: [file, ...args], env }, folder)
}
