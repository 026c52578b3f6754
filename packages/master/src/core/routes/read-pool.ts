import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import type { HealthCheck } from '@roadstead/shared/protocol/route-settings.ts'
import {
  DRAIN,
  type DurationBounds,
  HEALTH_GRACE,
  HEALTH_INTERVAL,
  HOLD,
  readDuration,
  SLOW_START,
} from './durations.ts'
import { LabelReader, type Problem } from './found.ts'
import type { EndpointWishes, Intent, PoolWishes } from './intent.ts'
import type { ContainerField } from './label-keys.ts'
import type { Labels } from './label-set.ts'
import { readFlag, readPath, shown } from './label-values.ts'
import {
  readAddress,
  readBalance,
  readConnectionsMax,
  readExpect,
  readNetworkName,
  readSticky,
  readWeight,
} from './label-values-pool.ts'

/** What a container says for all its routes. */
export interface ContainerWishes extends Pick<Intent, 'holdMs' | 'slowStartMs'> {
  readonly pool: PoolWishes
  readonly endpoint: EndpointWishes
}

/** All are read before the first problem is told, so that a bad one is told wherever it stands. */
export function readPool(
  { general }: Pick<Labels, 'general'>,
  service: ServiceKey,
  digest: Digest,
): ContainerWishes | Problem {
  const reader = new LabelReader()
  const time = (field: ContainerField, bounds: DurationBounds): number =>
    reader.read(general.get(field), (text) => readDuration(text, bounds)) ?? 0
  const holdMs = time('hold', HOLD)
  const slowStartMs = time('slow-start', SLOW_START)
  time('drain', DRAIN)
  const pool = {
    ...readSpread(reader, general, service, digest),
    ...readHealth(reader, general),
  }
  const endpoint = readEndpoint(reader, general)
  return reader.first ?? { holdMs, slowStartMs, pool, endpoint }
}

type General = Labels['general']

function readSpread(
  reader: LabelReader,
  general: General,
  service: ServiceKey,
  digest: Digest,
): PoolWishes {
  const [sticky, balance] = [general.get('sticky'), general.get('balance')]
  const kept = reader.read(sticky, readSticky)
  const spread = reader.read(balance, readBalance)
  if (sticky !== undefined && balance !== undefined) {
    const details = { label: shown(balance.key), other: shown(sticky.key) }
    reader.refuse({ reason: 'incompatible-keys', details })
  }
  if (kept === undefined) return spread === undefined ? {} : { balance: spread }
  if (kept.by === 'address') return { balance: 'sticky' }
  return { balance: 'sticky', cookie: kept.name ?? cookieOf(service, digest) }
}

const COOKIE_DIGITS = 8

/** Services under one domain must not share a cookie, or each would overwrite what the other set. */
export function cookieOf(service: ServiceKey, digest: Digest): string {
  return `rs_${digest(service).slice(0, COOKIE_DIGITS)}`
}

/** How often each edge looks anyway. */
const INTERVAL_MS = 2_000
/** An answer that is no error; who redirects to a sign-in page serves. */
const EXPECT: HealthCheck['expect'] = { from: 200, to: 399 }

function readHealth(reader: LabelReader, general: General): Pick<PoolWishes, 'health'> {
  const path = reader.read(general.get('health.path'), readPath)
  const interval = general.get('health.interval')
  const intervalMs = reader.read(interval, (text) => readDuration(text, HEALTH_INTERVAL))
  const expect = reader.read(general.get('health.expect'), readExpect)
  const grace = general.get('health.grace')
  const graceMs = reader.read(grace, (text) => readDuration(text, HEALTH_GRACE))
  const other = interval ?? general.get('health.expect') ?? grace
  if (!general.has('health.path') && other !== undefined) {
    reader.refuse({ reason: 'health-path-missing', details: { label: shown(other.key) } })
  }
  if (path === undefined) return {}
  return {
    health: {
      expect: expect ?? EXPECT,
      graceMs: graceMs ?? 0,
      intervalMs: intervalMs ?? INTERVAL_MS,
      path,
    },
  }
}

function readEndpoint(reader: LabelReader, general: General): EndpointWishes {
  const weight = reader.read(general.get('weight'), readWeight)
  const backup = reader.read(general.get('backup'), (text) => readFlag(text, 'invalid-flag'))
  const connectionsMax = reader.read(general.get('max-conns'), readConnectionsMax)
  const network = reader.read(general.get('network'), readNetworkName)
  const address = reader.read(general.get('address'), readAddress)
  return {
    ...(weight !== undefined && { weight }),
    ...(backup === true && { backup }),
    ...(connectionsMax !== undefined && { connectionsMax }),
    ...(network !== undefined && { network }),
    ...(address !== undefined && { address }),
  }
}
