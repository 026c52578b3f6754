import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import {
  type Environment,
  LogLevelText,
  PathText,
  readConfig,
} from '@roadstead/shared/kernel/read-config.ts'
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
  advertise: {
    variable: 'ROADSTEAD_ADVERTISE',
    meaning: 'Addresses at which other hosts reach published ports, best first, by commas.',
    schema: Advertised,
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
  return { ...values, stateDir: resolve(values.stateDir) }
}
