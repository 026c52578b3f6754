import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import {
  type Environment,
  LogLevelText,
  PathText,
  readConfig,
} from '@roadstead/shared/kernel/read-config.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { IpAddress } from '@roadstead/shared/protocol/container.ts'
import { EngineAddress } from '@roadstead/shared/protocol/engine-address.ts'
import { type NamedEngine, readEnginesFile } from '@roadstead/shared/protocol/engines-file.ts'

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

/** The kernel takes no much longer variable. */
const SIMULATED_MAX = 1_000

const SimulatedEngines = z
  .string()
  .transform((text) => text.split(',').filter((part) => part !== ''))
  .refine((parts) => parts.length <= SIMULATED_MAX, `must name at most ${SIMULATED_MAX} engines`)
  .transform((parts) => parts.map(simulatedEngine))
  .refine((engines) => engines.every((it) => ENGINE_NAME.test(it.name)), {
    message:
      'must be name=unix:///path, several by commas; a name has 1 to 48 of a-z, 0-9, - and _',
  })
  .refine((engines) => engines.every(({ engine }) => engine?.kind === 'unix'), {
    message: 'must give each name a unix socket, as in alpha=unix:///run/alpha.sock',
  })
  .refine((engines) => new Set(engines.map(({ name }) => name)).size === engines.length, {
    message: 'must name each engine once',
  })

const ENGINE_NAME = /^[a-z0-9][a-z0-9_-]{0,47}$/

function simulatedEngine(text: string) {
  const at = text.indexOf('=')
  const engine = EngineAddress.safeParse(text.slice(at + 1)).data
  return { name: text.slice(0, Math.max(0, at)), engine }
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
  engine: {
    variable: 'DOCKER_HOST',
    meaning:
      'Engine to watch: unix:// and its path, tcp://host:port, or ssh://user@host; docs/agentless.md.',
    schema: z.string().default('unix:///var/run/docker.sock').pipe(EngineAddress),
  },
  certificates: {
    variable: 'DOCKER_CERT_PATH',
    meaning:
      'Folder with ca.pem, cert.pem and key.pem for an engine at tcp://; the word none goes without TLS.',
    schema: PathText.optional(),
  },
  sshConfig: {
    variable: 'ROADSTEAD_SSH_CONFIG',
    meaning: 'Configuration of ssh for an engine at ssh://; by default that of the user.',
    schema: PathText.transform((path) => resolve(path)).optional(),
  },
  engines: {
    variable: 'ROADSTEAD_ENGINES',
    meaning:
      'File that names several engines to watch, each a host of its own, instead of DOCKER_HOST;' +
      ' docs/agentless.md.',
    schema: PathText.transform((path) => resolve(path)).optional(),
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

/** @throws RoadsteadError `bad-config` naming every variable that is wrong. */
export function loadConfig(env: Environment) {
  const values = readConfig(agentVariables, env, (path) => readFileSync(path, 'utf8'))
  const engines = values.engines === undefined ? undefined : readEngines(values.engines)
  const problems = contradictions(values, engines)
  if (Object.keys(problems).length > 0) throw new RoadsteadError('bad-config', problems)
  return { ...values, engines: engines?.named, stateDir: resolve(values.stateDir) }
}
export type AgentConfig = ReturnType<typeof loadConfig>

/**
 * What each agent of this thread is told: one, unless it is to watch simulated engines.
 *
 * @throws RoadsteadError `bad-config`
 */
export function configsOf(config: AgentConfig): readonly AgentConfig[] {
  if (config.simulatedEngines === undefined) return [config]
  return config.simulatedEngines.flatMap(({ name, engine }) =>
    engine === undefined ? [] : [{ ...config, stateDir: join(config.stateDir, name), engine }],
  )
}

type Values = ReturnType<typeof readConfig<typeof agentVariables>>

/** What is meant for an engine of this machine, beside one that is elsewhere, and the like. */
function contradictions(values: Values, engines: Engines | undefined): Record<string, string> {
  const { advertise, certificates, dockerSocket, engine, simulatedEngines } = values
  const isSeveral = values.engines !== undefined
  const isSimulated = simulatedEngines !== undefined
  const problems: Record<string, string> = {}
  if (engines?.problem !== undefined) problems['ROADSTEAD_ENGINES'] = engines.problem
  if (dockerSocket !== undefined && (isSeveral || engine.kind !== 'unix')) {
    problems['ROADSTEAD_DOCKER_SOCKET'] =
      'is served for an engine of this machine only: run an agent beside the other one for it'
  }
  if (dockerSocket !== undefined && isSimulated) {
    problems['ROADSTEAD_DOCKER_SOCKET'] =
      'serves one engine; it cannot be set beside ROADSTEAD_SIMULATED_ENGINES'
  }
  if (isSeveral && isSimulated) {
    problems['ROADSTEAD_SIMULATED_ENGINES'] = 'cannot be set beside ROADSTEAD_ENGINES'
  }
  if (isSeveral && advertise.length > 0) {
    problems['ROADSTEAD_ADVERTISE'] = 'say it for each engine, as its address in that file'
  }
  if (!isSeveral && engine.kind === 'tcp' && certificates === undefined) {
    problems['DOCKER_CERT_PATH'] =
      'tcp:// needs a folder with ca.pem, cert.pem and key.pem; or the word none, which lets' +
      ' everybody on the way own that host'
  }
  return problems
}

interface Engines {
  readonly named: Readonly<Record<string, NamedEngine>>
  readonly problem?: string
}

/** Paths in the file are taken from where it lies. */
function readEngines(file: string): Engines {
  const text = textOf(file)
  if (text === undefined) return { named: {}, problem: `${file} cannot be read` }
  const read = readEnginesFile(text)
  if (read.kind === 'problems') {
    return { named: {}, problem: `${file} ${read.problems.join('; ')}` }
  }
  const near = (path: string): string => resolve(dirname(file), path)
  const named = Object.entries(read.engines).map(([name, engine]) => [
    name,
    {
      ...engine,
      ...(typeof engine.tls === 'string' && { tls: near(engine.tls) }),
      ...(engine.ssh !== undefined && { ssh: near(engine.ssh) }),
    },
  ])
  return { named: Object.fromEntries(named) }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** What the agent of one named engine would be told if it ran alone. */
export function environmentOf(
  name: string,
  engine: NamedEngine,
  { env, stateDir }: { readonly env: Environment; readonly stateDir: string },
): Environment {
  return {
    ...env,
    ROADSTEAD_ENGINES: undefined,
    ROADSTEAD_STATE_DIR: join(stateDir, name),
    ROADSTEAD_ADVERTISE: engine.address.join(','),
    ROADSTEAD_SSH_CONFIG: engine.ssh,
    DOCKER_HOST: engine.url,
    DOCKER_CERT_PATH: engine.tls === false ? WITHOUT_TLS : engine.tls,
    ...(engine.actions !== undefined && { ROADSTEAD_ACTIONS: engine.actions }),
  }
}

export const WITHOUT_TLS = 'none'
