import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import {
  type Environment,
  LogLevelText,
  PathText,
  readConfig,
} from '@roadstead/shared/kernel/read-config.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { IpAddress } from '@roadstead/shared/protocol/container.ts'

/** Further ones are never tried: an edge takes the first that it reaches. */
const ADVERTISED_MAX = 8

const Advertised = z
  .string()
  .default('')
  .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))
  .refine((parts) => parts.every((part) => IpAddress.safeParse(part).success), {
    message: 'must be IP addresses, for example 10.0.0.5 or fd00::5, separated by commas',
  })
  .refine((parts) => parts.length <= ADVERTISED_MAX, 'must be at most 8 addresses')

const SocketPath = z
  .string()
  .default('unix:///var/run/docker.sock')
  .refine((text) => !/^(?:tcp|ssh|https?|npipe):/.test(text), {
    message: 'must be a unix socket: an agent watches the engine of its own host',
  })
  .transform((text) => text.replace(/^unix:\/\//, ''))
  .refine(
    (path) => path.startsWith('/'),
    'must be unix:// and an absolute path, as in unix:///var/run/docker.sock',
  )

/** The kernel takes no much longer variable. */
const ENGINES_MAX = 1_000

const SimulatedEngines = z
  .string()
  .transform((text) => text.split(',').filter((part) => part !== ''))
  .refine((parts) => parts.length <= ENGINES_MAX, `must name at most ${ENGINES_MAX} engines`)
  .transform((parts) => parts.map(namedEngine))
  .refine((engines) => engines.every((it) => ENGINE_NAME.test(it.name)), {
    message:
      'must be name=unix:///path, several by commas; a name has 1 to 48 of a-z, 0-9, - and _',
  })
  .refine((engines) => engines.every(({ socket }) => SocketPath.safeParse(socket).success), {
    message: 'must give each name a unix socket, as in alpha=unix:///run/alpha.sock',
  })
  .refine((engines) => new Set(engines.map(({ name }) => name)).size === engines.length, {
    message: 'must name each engine once',
  })

const ENGINE_NAME = /^[a-z0-9][a-z0-9_-]{0,47}$/

function namedEngine(text: string): { readonly name: string; readonly socket: string } {
  const at = text.indexOf('=')
  return { name: text.slice(0, Math.max(0, at)), socket: text.slice(at + 1) }
}

/** The kernel's limit for the path of a unix socket. */
const SOCKET_PATH_BYTES_MAX = 107
const DRAIN_LIMIT_S_MAX = 600

const ServedSocket = z
  .string()
  .transform((text) => text.replace(/^unix:\/\//, ''))
  .refine((path) => path.startsWith('/'), 'must be an absolute path')
  .refine(
    (path) => Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX,
    'must be a path of at most 107 bytes, the limit of the system for sockets',
  )

const DrainLimit = z
  .string()
  .regex(/^[0-9]{1,3}$/, 'must be whole seconds from 0 to 600')
  .transform(Number)
  .refine((seconds) => seconds <= DRAIN_LIMIT_S_MAX, 'must be whole seconds from 0 to 600')

/** Everything an agent can be told from outside; `docs/config.md` is generated from it. */
export const agentVariables = {
  stateDir: {
    variable: 'ROADSTEAD_STATE_DIR',
    meaning: 'Directory of this agent: its identity, its counters, and what is kept back.',
    schema: PathText.default('.roadstead/agent'),
  },
  engineSocket: {
    variable: 'DOCKER_HOST',
    meaning: 'Engine to watch: unix:// and the path of its socket.',
    schema: SocketPath,
  },
  simulatedEngines: {
    variable: 'ROADSTEAD_SIMULATED_ENGINES',
    meaning:
      'For simulations: simulated engines, as name=unix:///path, by commas. Each is a host' +
      ' of its own with a folder of its name in the state directory, and one thread watches all.',
    schema: SimulatedEngines.optional(),
  },
  advertise: {
    variable: 'ROADSTEAD_ADVERTISE',
    meaning: 'Addresses at which other hosts reach published ports, best first, by commas.',
    schema: Advertised,
  },
  dockerSocket: {
    variable: 'ROADSTEAD_DOCKER_SOCKET',
    meaning:
      'Path of a Docker socket to serve that drains a routed container before it stops; off if unset.',
    schema: ServedSocket.optional(),
  },
  drainLimitS: {
    variable: 'ROADSTEAD_DRAIN_LIMIT',
    meaning: 'Seconds, 0 to 600, after which a stop through that socket goes on, drained or not.',
    schema: DrainLimit.default(20),
  },
  actions: {
    variable: 'ROADSTEAD_ACTIONS',
    meaning: 'What a leader may do to containers here: restart, or none.',
    schema: z.enum(['restart', 'none'], 'must be restart or none').default('restart'),
  },
  logLevel: {
    variable: 'ROADSTEAD_LOG_LEVEL',
    meaning: 'error, warn, info or debug.',
    schema: LogLevelText.default('info'),
  },
} as const

export type AgentConfig = ReturnType<typeof loadConfig>

/** @throws RoadsteadError `bad-config` naming every variable that is wrong. */
export function loadConfig(env: Environment) {
  const values = readConfig(agentVariables, env, (path) => readFileSync(path, 'utf8'))
  return { ...values, stateDir: resolve(values.stateDir) }
}

/**
 * What each agent of this process is told: one, unless it is to watch simulated engines.
 *
 * @throws RoadsteadError `bad-config`
 */
export function loadConfigs(env: Environment): readonly AgentConfig[] {
  const config = loadConfig(env)
  if (config.simulatedEngines === undefined) return [config]
  if (config.dockerSocket !== undefined) {
    throw new RoadsteadError('bad-config', {
      ROADSTEAD_DOCKER_SOCKET:
        'serves one engine; it cannot be set beside ROADSTEAD_SIMULATED_ENGINES',
    })
  }
  return config.simulatedEngines.map(({ name, socket }) => ({
    ...config,
    stateDir: join(config.stateDir, name),
    engineSocket: SocketPath.parse(socket),
  }))
}
