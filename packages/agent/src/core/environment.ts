import { LABEL_VALUE_CARRIED_MAX } from '@roadstead/shared/kernel/limits.ts'
import { bounded, byText, cut } from './bounded.ts'

/** The only variables whose values leave the host: each is a request for a route, not a secret. */
const ROUTING_VARIABLES: ReadonlySet<string> = new Set([
  'VIRTUAL_HOST',
  'VIRTUAL_PORT',
  'VIRTUAL_PATH',
  'VIRTUAL_DEST',
  'VIRTUAL_PROTO',
  'VIRTUAL_HOST_MULTIPORTS',
  'HTTPS_METHOD',
  'NETWORK_ACCESS',
  'HSTS',
  'CERT_NAME',
  'SERVER_TOKENS',
  'SSL_POLICY',
  'LETSENCRYPT_HOST',
])

/** Hash of a text under a key that stays on this host; 16 hexadecimal digits. */
export type KeyedHash = (text: string) => string

/**
 * What masters may know of an environment: names, one keyed hash over everything (so that a change is
 * seen, while a guessed password cannot be confirmed elsewhere), the routing variables, and which of
 * those only repeat what the image says: its publisher claims no names.
 */
export function describeEnvironment(
  env: readonly string[],
  ofImage: readonly string[],
  hash: KeyedHash,
) {
  const pairs = env.map(pair).sort(([a], [b]) => byText(a, b))
  const routing = pairs.filter(([name]) => ROUTING_VARIABLES.has(name))
  const publisher = new Map(ofImage.map(pair))
  const inherited = routing.filter(([name, value]) => publisher.get(name) === value)
  return {
    environmentNames: bounded(pairs.map(([name]) => cut(name))),
    // No name or value can hold a zero character, so no two environments share one text.
    environmentHash: hash(pairs.map(([name, value]) => `${name}=${value}`).join('\0')),
    routingEnvironment: Object.fromEntries(
      routing.map(([name, value]) => [name, cut(value, LABEL_VALUE_CARRIED_MAX)]),
    ),
    ...(inherited.length > 0 && { inheritedEnvironment: inherited.map(([name]) => name) }),
  }
}

function pair(assignment: string): [string, string] {
  const at = assignment.indexOf('=')
  return at < 0 ? [assignment, ''] : [assignment.slice(0, at), assignment.slice(at + 1)]
}
