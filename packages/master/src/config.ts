import { readFileSync } from 'node:fs'
import process from 'node:process'
import { z } from 'zod'
import { ROUTES_MAX } from '@roadstead/shared/kernel/limits.ts'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import {
  type Environment,
  LogLevelText,
  PathText,
  PortText,
  readConfig,
  type Values,
} from '@roadstead/shared/kernel/read-config.ts'

/** Every variable that a master reads; `docs/config.md` is made from the same table. */
export const masterVariables = {
  stateDir: {
    variable: 'ROADSTEAD_STATE_DIR',
    meaning: 'Where this master keeps its identity, its epoch and the last set of decisions.',
    schema: PathText.default('.roadstead'),
  },
  bind: {
    variable: 'ROADSTEAD_BIND',
    meaning: 'Address on which the API and the dashboard listen.',
    schema: z.union([z.ipv4(), z.ipv6()], 'must be an IP address').default('127.0.0.1'),
  },
  apiPort: {
    variable: 'ROADSTEAD_API_PORT',
    meaning: 'Port on which the API and the dashboard listen.',
    schema: z.preprocess((value) => value ?? '7070', PortText),
  },
  apiHosts: {
    variable: 'ROADSTEAD_API_HOSTS',
    meaning: 'Further names under which people open the dashboard, separated by commas.',
    schema: z
      .string()
      .regex(/^[a-z0-9.:[\]-]+(?:,[a-z0-9.:[\]-]+)*$/, 'must be lower-case names, comma-separated')
      .optional()
      .transform((list) => list?.split(',') ?? []),
  },
  token: {
    variable: 'ROADSTEAD_TOKEN',
    meaning: 'Bearer token of the first admin, the same on both masters.',
    schema: z
      .string()
      .regex(/^[\w.~+/-]{16,256}=*$/, 'must be 16 to 256 letters, digits and . _ ~ + / -')
      .optional(),
    secret: true,
  },
  logLevel: {
    variable: 'ROADSTEAD_LOG_LEVEL',
    meaning: 'How much is logged.',
    schema: LogLevelText.default('info'),
  },
  natsDir: {
    variable: 'ROADSTEAD_NATS_DIR',
    meaning: 'Directory of a nats-server of ours: enrolled identities are written into it.',
    schema: PathText.optional(),
  },
  dashboardDir: {
    variable: 'ROADSTEAD_DASHBOARD_DIR',
    meaning: 'Where the built dashboard lies.',
    schema: PathText.optional(),
  },
  policyFile: {
    variable: 'ROADSTEAD_POLICY_FILE',
    meaning:
      'A policy (docs/policy.md) that the leader imports when this master starts or begins to lead' +
      ' and the text is new to it. It takes back nothing that was applied since.',
    schema: PathText.optional(),
  },
  metricSeries: {
    variable: 'ROADSTEAD_METRIC_SERIES',
    meaning: 'Routes, and endpoints, of each edge whose requests /metrics lists; 0 for none.',
    schema: z
      .string()
      .regex(/^(?:0|[1-9][0-9]{0,4})$/, 'must be a number from 0 to 10000')
      .default('500')
      .transform(Number)
      .refine((count) => count <= ROUTES_MAX, 'must be a number from 0 to 10000'),
  },
  historyDays: {
    variable: 'ROADSTEAD_HISTORY_DAYS',
    meaning: 'For so many days the change log keeps what happened.',
    schema: z
      .string()
      .regex(/^[1-9][0-9]{0,3}$/, 'must be a number of days from 1 to 3650')
      .default('30')
      .transform(Number)
      .refine((days) => days <= 3_650, 'must be a number of days from 1 to 3650'),
  },
  historyMegabytes: {
    variable: 'ROADSTEAD_HISTORY_MB',
    meaning: 'How large the change log may become, in megabytes; the oldest goes first.',
    schema: z
      .string()
      .regex(/^[1-9][0-9]{1,5}$/, 'must be a number of megabytes from 16 to 100000')
      .default('512')
      .transform(Number)
      .refine((size) => size >= 16 && size <= 100_000, 'must be from 16 to 100000 megabytes'),
  },
  loopbackHosts: {
    variable: 'ROADSTEAD_LOOPBACK_HOSTS',
    meaning:
      'Ids of simulated hosts on this machine, separated by commas: their containers may be' +
      ' routed to on loopback addresses. Never name a real host.',
    schema: z
      .string()
      .optional()
      .transform((list) => list?.split(',') ?? [])
      .pipe(z.array(HostId)),
  },
  publicUrl: {
    variable: 'ROADSTEAD_PUBLIC_URL',
    meaning: 'Address under which people and the other master reach this one.',
    schema: z
      .url({
        protocol: /^https?$/,
        error: 'must be an http or https URL, as in https://roadstead.example.com',
      })
      .optional(),
  },
} as const

export type MasterConfig = Values<typeof masterVariables>

/** @throws RoadsteadError `bad-config` with every bad variable */
export function loadConfig(env: Environment = process.env): MasterConfig {
  return readConfig(masterVariables, env, (path) => readFileSync(path, 'utf8'))
}
