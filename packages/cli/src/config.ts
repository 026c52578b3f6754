import path from 'node:path'
import { z } from 'zod'
import { SiteId } from '@roadstead/shared/kernel/ids.ts'
import {
  type Environment,
  PathText,
  PortText,
  readConfig,
  type Values,
} from '@roadstead/shared/kernel/read-config.ts'

/** What follows `://` in an address: a name, an IPv4 or a bracketed IPv6 address, and a port. */
const PLACE = String.raw`(?:[\w.-]+|\[[\da-fA-F:.]+\])`

const NatsUrls = listOf(
  String.raw`(?:nats|tls)://${PLACE}:\d{1,5}`,
  'must be nats://host:port or tls://host:port, several separated by commas',
)

const Servers = listOf(
  String.raw`(?:https?://)?${PLACE}(?::\d{1,5})?/?`,
  'must be http://host:port or https://host:port, several separated by commas',
)

/** The kernel's limit for the path of a unix socket, less the zero at its end. */
export const SOCKET_PATH_BYTES_MAX = 107

/** Every variable that the command line reads; flags of the same name win over them. */
export const cliVariables = {
  server: {
    variable: 'ROADSTEAD_SERVER',
    meaning: 'Where the masters answer, separated by commas; by default this machine.',
    schema: Servers.optional(),
  },
  token: {
    variable: 'ROADSTEAD_TOKEN',
    meaning: 'Bearer token for the API; by default the one in the state directory.',
    schema: z
      .string()
      .regex(/^[\w.~+/-]{16,256}=*$/, 'must be 16 to 256 letters, digits and . _ ~ + / -')
      .optional(),
    secret: true,
  },
  stateDir: {
    variable: 'ROADSTEAD_STATE_DIR',
    meaning: 'Everything kept on disk.',
    schema: PathText.default('.roadstead').transform((dir) => path.resolve(dir)),
  },
  httpPort: {
    variable: 'ROADSTEAD_HTTP_PORT',
    meaning: 'Where the managed nginx listens.',
    schema: z.preprocess((value) => value ?? '8080', PortText),
  },
  apiPort: {
    variable: 'ROADSTEAD_API_PORT',
    meaning: 'API and dashboard of the first master; the second takes the next port.',
    schema: z.preprocess((value) => value ?? '7070', PortText),
  },
  natsUrl: {
    variable: 'ROADSTEAD_NATS_URL',
    meaning: 'Use this NATS instead of starting one.',
    schema: NatsUrls.optional(),
  },
  natsPort: {
    variable: 'ROADSTEAD_NATS_PORT',
    meaning: 'Port of the NATS that `up` starts.',
    schema: z.preprocess((value) => value ?? '4222', PortText),
  },
  bind: {
    variable: 'ROADSTEAD_BIND',
    meaning: 'Address on which NATS and the API listen. Only this machine unless told otherwise.',
    schema: z.union([z.ipv4(), z.ipv6()], 'must be an IP address').default('127.0.0.1'),
  },
  site: {
    variable: 'ROADSTEAD_SITE',
    meaning: 'Name of the site: a place with its own NATS, masters and edges.',
    schema: z.preprocess((value) => value ?? 'main', SiteId),
  },
  dockerHost: {
    variable: 'DOCKER_HOST',
    meaning: 'Engine to watch.',
    schema: z
      .string()
      .max(1_024, 'must be unix:// and a path, or tcp://host:port')
      .default('unix:///var/run/docker.sock'),
  },
  engines: {
    variable: 'ROADSTEAD_ENGINES',
    meaning:
      'File that names engines on other machines, which one agent watches; docs/agentless.md.',
    schema: PathText.transform((file) => path.resolve(file)).optional(),
  },
  dockerSocket: {
    variable: 'ROADSTEAD_DOCKER_SOCKET',
    meaning:
      'Docker socket that the agent of `up` serves, which drains a routed container before it is' +
      ' stopped; off when not set.',
    schema: PathText.transform((text) => path.resolve(text.replace(/^unix:\/\//, '')))
      .refine(
        (file) => Buffer.byteLength(file) <= SOCKET_PATH_BYTES_MAX,
        'must be a path of at most 107 bytes, the limit of the system for sockets',
      )
      .optional(),
  },
  noColour: {
    variable: 'NO_COLOR',
    meaning: 'Any value: print without colours.',
    schema: z
      .string()
      .optional()
      .transform((value) => value !== undefined),
  },
} as const

export type CliConfig = Values<typeof cliVariables>

export function loadConfig(env: Environment, readFile: (path: string) => string): CliConfig {
  return readConfig(cliVariables, env, readFile)
}

/** What a role needs of the command line: the rest it reads itself, and complains about itself. */
export function loadStateDir(env: Environment): string {
  const { stateDir } = cliVariables
  return readConfig({ stateDir }, env, () => '').stateDir
}

/** The only place that looks at the environment of this process. */
export function processEnvironment(): Environment {
  return process.env
}

/** Flags and the variables that they stand for. */
const flagVariables: Readonly<Record<string, string>> = {
  server: 'ROADSTEAD_SERVER',
  tokenFile: 'ROADSTEAD_TOKEN_FILE',
  stateDir: 'ROADSTEAD_STATE_DIR',
  httpPort: 'ROADSTEAD_HTTP_PORT',
  apiPort: 'ROADSTEAD_API_PORT',
  natsUrl: 'ROADSTEAD_NATS_URL',
  natsPort: 'ROADSTEAD_NATS_PORT',
  bind: 'ROADSTEAD_BIND',
  dockerSocket: 'ROADSTEAD_DOCKER_SOCKET',
  engines: 'ROADSTEAD_ENGINES',
}

/** The environment as if every flag had been a variable, so that both take the same way. */
export function flaggedEnvironment(
  env: Environment,
  flags: Readonly<Record<string, unknown>>,
): Environment {
  const flagged = Object.entries(flagVariables).flatMap(([flag, variable]) => {
    const value = flags[flag]
    return typeof value === 'string' ? [[variable, value] as const] : []
  })
  const result: Record<string, string | undefined> = { ...env, ...Object.fromEntries(flagged) }
  if (flags['tokenFile'] !== undefined) delete result['ROADSTEAD_TOKEN']
  if (flags['color'] === false) result['NO_COLOR'] = '1'
  return result
}

/**
 * What a role that is started here gets: a token that came by flag was for this command alone, which
 * may have been a join token, and is nobody's admin token.
 */
export function withoutToken(
  env: Environment,
  flags: Readonly<Record<string, unknown>>,
): Environment {
  if (flags['tokenFile'] === undefined) return env
  const { ROADSTEAD_TOKEN_FILE: _file, ...rest } = env
  return rest
}

/** Addresses of the masters: those that were named, else the two that `up` starts here. */
export function serversOf({ server, apiPort }: CliConfig): string[] {
  if (server !== undefined) return server.split(',').map((it) => withScheme(it.trim()))
  return [apiPort, apiPort + 1].map((port) => `http://127.0.0.1:${port}`)
}

/** One or more of what the pattern describes, with commas and blanks between them. */
function listOf(pattern: string, message: string) {
  const wanted = new RegExp(String.raw`^\s*${pattern}(?:\s*,\s*${pattern})*\s*$`)
  return z.string().max(2_048, message).regex(wanted, message)
}

function withScheme(server: string): string {
  const plain = server.replace(/\/$/, '')
  return /^https?:\/\//.test(plain) ? plain : `http://${plain}`
}
