import { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import {
  type Cidr,
  EndpointScheme,
  ObjectName,
  RouteSettings,
} from '@roadstead/shared/protocol/route-settings.ts'
import type { Intent } from './intent.ts'
import { type Read, refused, value } from './label-values.ts'
import { readNetwork } from './networks.ts'

/** Values of labels that speak of one route: who may come in, how often, with how much. */

export function readScheme(text: string): Read<EndpointScheme> {
  const parsed = EndpointScheme.safeParse(text)
  return parsed.success ? value(parsed.data) : refused('invalid-scheme')
}

const PRIORITY_MAX = 1_000_000

export function readPriority(text: string): Read<number> {
  const isWhole = /^(?:0|-?[1-9][0-9]{0,6})$/.test(text)
  const isInRange = isWhole && Math.abs(Number(text)) <= PRIORITY_MAX
  return isInRange ? value(Number(text)) : refused('invalid-priority')
}

/** A password or a hash cannot be written here: labels are read by everybody on the host. */
export function readAuth(text: string): Read<ObjectName> {
  const [, name] = /^basic:(.*)$/.exec(text) ?? []
  const parsed = ObjectName.safeParse(name)
  // Whoever wrote one here all the same should not find it in every answer to "why".
  return parsed.success ? value(parsed.data) : refused('invalid-auth', { value: 'not shown' })
}

const NETWORKS_MAX = 64

/**
 * Sorted, each once. Bits after the prefix must be zero: `10.1.2.3/8` may have been meant as a host or
 * as a network, and who guesses lets in too many or too few.
 */
export function readAllow(text: string): Read<Cidr[]> {
  const parts = text.split(',', NETWORKS_MAX + 1)
  const networks = parts.flatMap((part) => readWholeNetwork(part) ?? [])
  const isFit = networks.length === parts.length && parts.length <= NETWORKS_MAX
  return isFit ? value([...new Set(networks)].sort()) : refused('invalid-allow')
}

function readWholeNetwork(text: string): Cidr | undefined {
  const [address = ''] = text.split('/', 1)
  const network = readNetwork(text)
  const host = readNetwork(address)
  const isWhole = network?.split('/')[0] === host?.split('/')[0]
  return isWhole ? network : undefined
}

type Limit = NonNullable<RouteSettings['limit']>

const REQUESTS_MAX = 100_000

/**
 * `20r/s`, or `20r/s burst=40`. Without a burst it is one unit's worth: a page is many requests at
 * once, and a limit that counts each twentieth of a second by itself would cut pages in half.
 */
export function readLimit(text: string): Read<Limit> {
  const [, rate, unit, more] =
    /^([1-9][0-9]{0,5})r\/([sm])(?: burst=(0|[1-9][0-9]{0,5}))?$/.exec(text) ?? []
  const requests = Number(rate)
  const burst = Number(more ?? rate)
  if (rate === undefined || requests > REQUESTS_MAX || burst > REQUESTS_MAX) {
    return refused('invalid-limit')
  }
  return value({ burst, per: unit === 's' ? 'second' : 'minute', requests })
}

const UNIT_BYTES = { k: 1_024, m: 1_024 ** 2, g: 1_024 ** 3 }
const SIZE_BYTES_MAX = 1_024 ** 4

export function readSize(text: string): Read<number> {
  const [, count, unit] = /^([1-9][0-9]{0,3})([kmg])$/.exec(text) ?? []
  if (count === undefined) return refused('invalid-size')
  const bytes = Number(count) * UNIT_BYTES[unit === 'g' ? 'g' : unit === 'm' ? 'm' : 'k']
  return bytes <= SIZE_BYTES_MAX ? value(bytes) : refused('invalid-size')
}

export function readHttps(text: string): Read<NonNullable<RouteSettings['https']>> {
  const said = RouteSettings.shape.https.unwrap().safeParse(text)
  return said.success ? value(said.data) : refused('invalid-https')
}

const DAY_S = 86_400
const DAYS_MAX = 730
/** Lists that browsers carry take no name that promises less. */
const PRELOAD_DAYS = 365

/** For how long browsers come by TLS only: `365d`, `365d subdomains`, `365d subdomains preload`. */
export function readHsts(text: string): Read<NonNullable<RouteSettings['hsts']>> {
  const [, count, subdomains, preload] =
    /^(0|[1-9][0-9]{0,2})d( subdomains)?( preload)?$/.exec(text) ?? []
  const days = Number(count)
  const isShort = preload !== undefined && (subdomains === undefined || days < PRELOAD_DAYS)
  if (count === undefined || days > DAYS_MAX || isShort) return refused('invalid-hsts')
  const [hasSubdomains, isPreloaded] = [subdomains !== undefined, preload !== undefined]
  return value({ maxAgeS: days * DAY_S, preload: isPreloaded, subdomains: hasSubdomains })
}

/** Another service, and how much of the requests it gets: `shop/next 10%`. */
export function readCanary(text: string): Read<NonNullable<Intent['canary']>> {
  const [, key, percent] = /^([^ ]+) ([1-9][0-9]?)%$/.exec(text) ?? []
  const service = ServiceKey.safeParse(key)
  if (!service.success) return refused('invalid-canary')
  return value({ percent: Number(percent), service: service.data })
}
