import {
  type Cidr,
  type RouteSettings,
  UserEntry,
} from '@roadstead/shared/protocol/route-settings.ts'
import { readCount, readGoDuration, readList, readTruth } from '../go-values.ts'
import { commonNetworks, readNetwork } from '../../networks.ts'
import { type Apply, invalid, invalidSecret, twice, withSettings } from './effects.ts'
import { withHeaders } from './headers.ts'

/** As many as the settings of a route can carry. */
const USERS_MAX = 64
const NETWORKS_MAX = 64

/** What `htpasswd` makes and Traefik reads too: a password in plain is none of them. */
const HASH = /^[^:]{1,64}:(?:\$apr1\$|\$2[abxy]\$|\{SHA\})/

export const applyBasicAuth: Apply = (effects, owner) => {
  const said = owner.fields.get('basicauth.users')
  if (said === undefined) return incomplete(owner.name, 'basicauth.users')
  if (effects.settings.users !== undefined) return twice(owner, 'basicauth')
  const users: string[] = []
  for (const entry of readList(said.value)) {
    const parsed = UserEntry.safeParse(entry)
    if (!parsed.success || !HASH.test(entry)) return invalidSecret(said)
    users.push(parsed.data)
  }
  if (users.length === 0 || users.length > USERS_MAX) return invalidSecret(said)
  const removal = owner.fields.get('basicauth.removeheader')
  const isRemoved = removal === undefined ? false : readTruth(removal.value)
  if (removal !== undefined && isRemoved === undefined) return invalid(removal)
  const request = isRemoved === true ? [{ name: 'Authorization', value: '' }] : []
  return withHeaders(withSettings(effects, { users }), { request, response: [] })
}

/** Of two lists visitors have to be on both. */
export const applyAllowList: Apply = (effects, owner) => {
  const said =
    owner.fields.get('ipallowlist.sourcerange') ?? owner.fields.get('ipwhitelist.sourcerange')
  if (said === undefined) return incomplete(owner.name, 'ipallowlist.sourcerange')
  const networks: Cidr[] = []
  for (const item of readList(said.value)) {
    const network = readNetwork(item)
    if (network === undefined) return invalid(said)
    networks.push(network)
  }
  const sorted = [...new Set(networks)].sort()
  const { allow: before } = effects.settings
  const allow = before === undefined ? sorted : commonNetworks(before, sorted)
  if (allow.length === 0 || allow.length > NETWORKS_MAX) return invalid(said)
  return withSettings(effects, { allow })
}

const SECOND_MS = 1_000
const MINUTE_MS = 60_000

/** As the settings of a route can carry it. */
const REQUESTS_MAX = 100_000

export const applyRateLimit: Apply = (effects, owner) => {
  const average = owner.fields.get('ratelimit.average')
  if (average === undefined) return effects
  const requests = readCount(average.value)
  if (requests === undefined) return invalid(average)
  if (requests === 0) return effects
  if (effects.settings.limit !== undefined) return twice(owner, 'ratelimit')
  const period = owner.fields.get('ratelimit.period')
  const periodMs = period === undefined ? SECOND_MS : readGoDuration(period.value)
  if (period !== undefined && (periodMs === undefined || periodMs === 0)) return invalid(period)
  const burst = owner.fields.get('ratelimit.burst')
  const bucket = burst === undefined ? 1 : readCount(burst.value)
  if (burst !== undefined && bucket === undefined) return invalid(burst)
  const rate = rateOf(requests, periodMs ?? SECOND_MS)
  if (rate === undefined) return invalid(average)
  // Traefik counts how many may come at once; an edge, how many more than one.
  const beyond = Math.min(REQUESTS_MAX, Math.max(0, (bucket ?? 1) - 1))
  return withSettings(effects, { limit: { ...rate, burst: beyond } })
}

type Rate = Pick<NonNullable<RouteSettings['limit']>, 'requests' | 'per'>

/** A second if it comes out even, else a minute, rounded down: never more than was allowed. */
function rateOf(requests: number, periodMs: number): Rate | undefined {
  const aSecond = (requests * SECOND_MS) / periodMs
  if (Number.isInteger(aSecond) && aSecond >= 1 && aSecond <= REQUESTS_MAX) {
    return { requests: aSecond, per: 'second' }
  }
  const aMinute = Math.floor((requests * MINUTE_MS) / periodMs)
  if (aMinute < 1 || aMinute > REQUESTS_MAX) return undefined
  return { requests: aMinute, per: 'minute' }
}

const BODY_BYTES_LEAST = 1_024
const BODY_BYTES_MOST = 1_024 ** 4

export const applyBuffering: Apply = (effects, owner) => {
  const said = owner.fields.get('buffering.maxrequestbodybytes')
  const collected = withSettings(effects, { buffering: true })
  if (said === undefined) return collected
  const bytes = readCount(said.value)
  if (bytes === undefined || (bytes > 0 && bytes < BODY_BYTES_LEAST)) return invalid(said)
  if (bytes === 0 || bytes > BODY_BYTES_MOST) return collected
  const bodyBytesMax = Math.min(bytes, effects.settings.bodyBytesMax ?? bytes)
  return withSettings(collected, { bodyBytesMax })
}

function incomplete(middleware: string, missing: string) {
  const details = { middleware, why: `it has no ${missing}` }
  return { reason: 'middleware-refused', details } as const
}
