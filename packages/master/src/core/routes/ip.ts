/** What kind of place an address is, as far as it decides whether to route there. */
export type AddressKind =
  | 'ordinary'
  | 'loopback'
  | 'unspecified'
  | 'link-local'
  | 'multicast'
  | 'broadcast'

/** `address` is a valid IPv4 or IPv6 literal: it was parsed where it came in. */
export function addressKind(address: string): AddressKind {
  const v4 = embeddedV4(address)
  if (v4 !== undefined) return kindOfV4(v4)
  const groups = groupsOf(address)
  const first = groups[0] ?? 0
  if (groups.every((group) => group === 0)) return 'unspecified'
  if (groups.slice(0, -1).every((group) => group === 0) && groups.at(-1) === 1) return 'loopback'
  if ((first & 0xffc0) === 0xfe80) return 'link-local'
  if ((first & 0xff00) === 0xff00) return 'multicast'
  return 'ordinary'
}

export function isV4(address: string): boolean {
  return !address.includes(':')
}

/** Whether the engine was told to listen on every address of its host. */
export function isWildcard(address: string): boolean {
  return addressKind(address) === 'unspecified'
}

function kindOfV4(bytes: readonly number[]): AddressKind {
  const [a = 0, b = 0] = bytes
  if (a === 0) return 'unspecified'
  if (a === 127) return 'loopback'
  if (a === 169 && b === 254) return 'link-local'
  if (a >= 224 && a < 240) return 'multicast'
  return a >= 240 ? 'broadcast' : 'ordinary'
}

/** The IPv4 address that it is, or that an IPv6 literal wraps: `::ffff:127.0.0.1` is loopback too. */
function embeddedV4(address: string): readonly number[] | undefined {
  if (isV4(address)) return address.split('.').map(Number)
  const groups = groupsOf(address)
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (!isMapped) return undefined
  const [high = 0, low = 0] = groups.slice(6)
  return [high >> 8, high & 255, low >> 8, low & 255]
}

/** The eight groups of an IPv6 literal. */
export function groupsOf(address: string): readonly number[] {
  const [head = '', tail] = address.split('::')
  const left = partsOf(head)
  if (tail === undefined) return left
  const right = partsOf(tail)
  const missing = Math.max(0, GROUPS - left.length - right.length)
  return [...left, ...Array.from({ length: missing }, () => 0), ...right]
}

const GROUPS = 8

function partsOf(text: string): readonly number[] {
  if (text === '') return []
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}
