import type { PathMatch } from '@roadstead/shared/protocol/route.ts'
import {
  type Cidr,
  HeaderName,
  HeaderValue,
  HTTP_METHODS,
  type RouteTest,
} from '@roadstead/shared/protocol/route-settings.ts'
import { readPath, shown } from '../../label-values.ts'
import { KeyTable } from '../dialect-key.ts'
import type { Problem } from '../../found.ts'
import { readNetwork } from '../../networks.ts'
import { matcherKeys } from './matcher-keys.ts'
import type { Matcher } from './parse.ts'
import type { Place } from './places.ts'

const matchers = new KeyTable(matcherKeys)

/** What a matcher asks of a request: one of these names, one of these places, or this. */
export type Atom =
  | { readonly kind: 'domains'; readonly domains: readonly string[] }
  | { readonly kind: 'places'; readonly places: readonly Place[] }
  | { readonly kind: 'test'; readonly test: RouteTest }

type ReadAtom = Atom | { readonly kind: 'refused'; readonly problem: Problem }

/** Reads one matcher; a value that is not understood refuses all of it. */
export function readMatcher(matcher: Matcher): ReadAtom {
  const row = matchers.rowOf(matcher.name)
  if (row === undefined) return unknown(matcher)
  if (row.reason !== undefined) return refused(matcher, row.reason)
  switch (row.key) {
    case 'Host':
    case 'HostHeader':
      return { kind: 'domains', domains: matcher.values.map(lowered) }
    case 'Path':
      return readPlaces(matcher, 'exact')
    case 'PathPrefix':
      return readPlaces(matcher, 'prefix')
    case 'Method':
      return readMethods(matcher)
    case 'ClientIP':
      return readClients(matcher)
    default:
      return readHeader(matcher)
  }
}

/** A matcher as people would recognise it. */
export function matcherText({ name, values }: Matcher): string {
  return shown(`${name}(${values.map((value) => `\`${value}\``).join(', ')})`)
}

/** By hand, since only these letters are the same to a browser: `K` (Kelvin) is lowered to `k`, too. */
function lowered(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

function readPlaces(matcher: Matcher, match: PathMatch): ReadAtom {
  const places: Place[] = []
  for (const value of matcher.values) {
    if (/[{}]/.test(value)) return refused(matcher, 'regex-refused')
    const path = readPath(value)
    if (path.kind === 'refused') return refused(matcher, path.reason)
    places.push({ match, path: path.value })
  }
  return { kind: 'places', places }
}

function readMethods(matcher: Matcher): ReadAtom {
  const methods = HTTP_METHODS.filter((method) => matcher.values.includes(method))
  if (!matcher.values.every((value) => methods.some((method) => method === value))) {
    return refused(matcher, 'rule-refused')
  }
  return { kind: 'test', test: { kind: 'method', not: false, methods } }
}

function readClients(matcher: Matcher): ReadAtom {
  const networks: Cidr[] = []
  for (const value of matcher.values) {
    const network = readNetwork(value)
    if (network === undefined || matcher.values.length > NETWORKS_MAX) {
      return refused(matcher, 'rule-refused')
    }
    networks.push(network)
  }
  const sorted = [...new Set(networks)].sort()
  return { kind: 'test', test: { kind: 'client', not: false, networks: sorted } }
}

/** As many as a condition can carry. */
const NETWORKS_MAX = 64

function readHeader(matcher: Matcher): ReadAtom {
  const [first = '', second = '', ...more] = matcher.values
  const name = HeaderName.safeParse(lowered(first))
  const value = HeaderValue.safeParse(second)
  const isMeant = name.success && value.success && second !== '' && more.length === 0
  // The host of a request is no header to Traefik: such a rule would never be met.
  if (!isMeant || name.data === 'host') return refused(matcher, 'rule-refused')
  return {
    kind: 'test',
    test: { kind: 'header', not: false, name: name.data, value: value.data },
  }
}

function refused(matcher: Matcher, reason: Problem['reason']): ReadAtom {
  return { kind: 'refused', problem: { reason, details: { part: matcherText(matcher) } } }
}

function unknown(matcher: Matcher): ReadAtom {
  const near = matchers.nearest(matcher.name)
  const details = { part: matcherText(matcher), ...(near !== undefined && { nearest: near }) }
  return { kind: 'refused', problem: { reason: 'rule-refused', details } }
}
