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

export interface EdgeConfig extends Omit<Values<typeof edgeVariables>, 'httpsPort'> {
  /** Undefined: nothing listens with TLS. */
  readonly httpsPort: number | undefined
}

/** @throws RoadsteadError `bad-config` with every bad variable. */
export function loadConfig(env: Environment = process.env): EdgeConfig {
  const config = readConfig(edgeVariables, env, (path) => readFileSync(path, 'utf8'))
  const { httpPort, httpsPort: said = httpPort === 80 ? 443 : 'off' } = config
  const httpsPort = said === 'off' ? undefined : said
  if (httpsPort === httpPort) {
    const why = `is that of ROADSTEAD_HTTP_PORT, ${httpPort}; TLS needs another one`
    throw new RoadsteadError('bad-config', { ROADSTEAD_HTTPS_PORT: why })
  }
  return { ...config, httpsPort }
}
