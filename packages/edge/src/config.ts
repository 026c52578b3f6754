import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import process from 'node:process'
import { z } from 'zod'
import { ROUTES_MAX } from '@roadstead/shared/kernel/limits.ts'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import {
  type Environment,
  LogLevelText,
  PathText,
  PortText,
  readConfig,
  type Values,
} from '@roadstead/shared/kernel/read-config.ts'
import type { AttachTo } from './core/attach-to.ts'

/** What may stand in the text of nginx without quotes, and is one path. */
const PlainPath = z
  .string()
  .regex(
    /^\/[A-Za-z0-9_./-]{1,200}$/,
    'must be an absolute path of letters, digits and . _ - /, as in /etc/nginx/roadstead.conf',
  )
  .transform((path) => resolve(path))

/** Every variable that the edge reads; the table of the documentation is made from this. */
export const edgeVariables = {
  stateDir: {
    variable: 'ROADSTEAD_STATE_DIR',
    meaning: 'directory of this edge: identity, table in force, files of its nginx',
    schema: PathText.default('.roadstead/edge').transform((path) => resolve(path)),
  },
  httpPort: {
    variable: 'ROADSTEAD_HTTP_PORT',
    meaning: 'port on which the managed nginx listens',
    schema: PortText.default(8080),
  },
  httpsPort: {
    variable: 'ROADSTEAD_HTTPS_PORT',
    meaning: 'port with TLS, or off; by default 443 where ROADSTEAD_HTTP_PORT is 80, else off',
    schema: z
      .union([z.literal('off'), PortText], 'must be a port from 1 to 65535, or off')
      .optional(),
  },
  certificatesDir: {
    variable: 'ROADSTEAD_CERTIFICATES_DIR',
    meaning:
      'folder with certificates: NAME.crt and NAME.key, or NAME/fullchain.pem and NAME/privkey.pem',
    schema: PathText.transform((path) => resolve(path)).optional(),
  },
  httpBind: {
    variable: 'ROADSTEAD_HTTP_BIND',
    meaning: 'address on which the managed nginx listens',
    schema: z
      .string()
      .refine((text) => isIP(text) !== 0, 'must be an IP address')
      .default('0.0.0.0'),
  },
  host: {
    variable: 'ROADSTEAD_EDGE_HOST',
    meaning: 'host id of the agent on this machine; then addresses of its containers are used',
    schema: HostId.optional(),
  },
  nginx: {
    variable: 'ROADSTEAD_NGINX',
    meaning: 'path of the nginx program; by default it is searched for',
    schema: z
      .string()
      .startsWith('/', 'must be an absolute path, as in /usr/sbin/nginx')
      .optional(),
  },
  attach: {
    variable: 'ROADSTEAD_ATTACH',
    meaning:
      'file that an nginx of yours includes in http: then it is used, and no other is started',
    schema: PlainPath.optional(),
  },
  attachMain: {
    variable: 'ROADSTEAD_ATTACH_MAIN',
    meaning: 'main file of the attached nginx, as it sees it itself',
    schema: PlainPath.default('/etc/nginx/nginx.conf'),
  },
  attachPid: {
    variable: 'ROADSTEAD_ATTACH_PID',
    meaning: 'file with the process id of the attached nginx on this machine',
    schema: PlainPath.default('/run/nginx.pid'),
  },
  attachContainer: {
    variable: 'ROADSTEAD_ATTACH_CONTAINER',
    meaning: 'name of the container whose first process is the attached nginx',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, 'must be the name of a container')
      .optional(),
  },
  attachSeenAs: {
    variable: 'ROADSTEAD_ATTACH_SEEN_AS',
    meaning: 'folder of the file of ROADSTEAD_ATTACH as that container sees it',
    schema: PlainPath.optional(),
  },
  attachEngine: {
    variable: 'ROADSTEAD_ATTACH_ENGINE',
    meaning: 'unix socket of the engine of that container',
    schema: PathText.default('/var/run/docker.sock').transform((path) => resolve(path)),
  },
  attachAddress: {
    variable: 'ROADSTEAD_ATTACH_ADDRESS',
    meaning: 'where this edge reaches the attached nginx; by default loopback, or the container',
    schema: z
      .string()
      .refine((text) => isIP(text) !== 0, 'must be an IP address')
      .optional(),
  },
  tier: {
    variable: 'ROADSTEAD_TIER',
    meaning: 'auto: endpoints change without a reload where nginx has Lua; reload: never',
    schema: z.enum(['auto', 'reload'], 'must be "auto" or "reload"').default('auto'),
  },
  requestSeries: {
    variable: 'ROADSTEAD_REQUEST_SERIES',
    meaning: 'routes, and endpoints, whose requests are counted apart; others under one name',
    schema: z
      .string()
      .regex(/^[1-9][0-9]{0,4}$/, 'must be a number from 1 to 10000')
      .default('2000')
      .transform(Number)
      .refine((count) => count <= ROUTES_MAX, 'must be a number from 1 to 10000'),
  },
  path: {
    variable: 'PATH',
    meaning: 'where programs are searched for',
    schema: z.string().default('/usr/bin:/bin'),
  },
  logLevel: {
    variable: 'ROADSTEAD_LOG_LEVEL',
    meaning: 'least important statements to log',
    schema: LogLevelText.default('info'),
  },
} as const

type Said = Values<typeof edgeVariables>
type Combined = 'httpsPort' | 'attach' | Extract<keyof Said, `attach${string}`>

export interface EdgeConfig extends Omit<Said, Combined> {
  /** Undefined: nothing listens with TLS. */
  readonly httpsPort: number | undefined
  /** Undefined: the edge runs an nginx of its own. */
  readonly attach: AttachTo | undefined
}

/** @throws RoadsteadError `bad-config` with every bad variable. */
export function loadConfig(env: Environment = process.env): EdgeConfig {
  const config = readConfig(edgeVariables, env, (path) => readFileSync(path, 'utf8'))
  const problems = config.attach === undefined ? strayWords(env) : attachProblems(config)
  if (Object.keys(problems).length > 0) throw new RoadsteadError('bad-config', problems)
  const { httpPort, attach: include } = config
  const usual = httpPort === 80 && include === undefined ? 443 : 'off'
  const { httpsPort: said = usual } = config
  const httpsPort = said === 'off' ? undefined : said
  if (httpsPort === httpPort) {
    const why = `is that of ROADSTEAD_HTTP_PORT, ${httpPort}; TLS needs another one`
    throw new RoadsteadError('bad-config', { ROADSTEAD_HTTPS_PORT: why })
  }
  return { ...config, httpsPort, attach: attachTo(config) }
}

function attachTo(said: Said): AttachTo | undefined {
  if (said.attach === undefined) return undefined
  return {
    include: said.attach,
    main: said.attachMain,
    pidFile: said.attachPid,
    container: said.attachContainer,
    seenAs: said.attachSeenAs,
    engine: said.attachEngine,
    address: said.attachAddress,
  }
}

/** Words about an attached nginx, and none about where it is: nobody would notice that they do nothing. */
function strayWords(env: Environment): Record<string, string> {
  const why = 'is about an attached nginx: set ROADSTEAD_ATTACH as well, or unset this'
  const stray = Object.values(edgeVariables)
    .map(({ variable }) => variable)
    .filter((variable) => variable.startsWith('ROADSTEAD_ATTACH_') && (env[variable] ?? '') !== '')
  return Object.fromEntries(stray.map((variable) => [variable, why]))
}

function attachProblems(said: Said): Record<string, string> {
  const problems: Record<string, string> = {}
  if (said.httpsPort !== undefined && said.httpsPort !== 'off') {
    problems['ROADSTEAD_HTTPS_PORT'] =
      'an attached nginx ends TLS in servers of its own; unset this, or let the edge run an nginx'
  }
  if (said.certificatesDir !== undefined) {
    problems['ROADSTEAD_CERTIFICATES_DIR'] = 'has no use with ROADSTEAD_ATTACH: unset it'
  }
  const { attachContainer: container, attachSeenAs: seenAs } = said
  if (container !== undefined && seenAs === undefined) {
    problems['ROADSTEAD_ATTACH_SEEN_AS'] =
      `say where ${container} sees the folder of ROADSTEAD_ATTACH, as in /etc/nginx/conf.d`
  }
  if (container === undefined && seenAs !== undefined) {
    problems['ROADSTEAD_ATTACH_SEEN_AS'] =
      'is for containers: set ROADSTEAD_ATTACH_CONTAINER as well, or unset this'
  }
  return problems
}
