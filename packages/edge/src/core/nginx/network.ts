/** A network of version 4 or 6, as a number; addresses inside IPv6 that stand for IPv4 are IPv4. */
export interface Network {
  readonly bits: 32 | 128
  readonly base: bigint
  readonly length: number
}

/** Undefined for a text that is no network. An address alone is a network of one. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', length, ...rest] = text.split('/')
  const parsed = parseAddress(address)
  if (parsed === undefined || rest.length > 0) return undefined
  const { bits, value, mapped } = parsed
  if (length !== undefined && !/^(?:0|[1-9][0-9]{0,2})$/.test(length)) return undefined
  const own = length === undefined ? bits : Number(length) - (mapped ? MAPPED_BITS : 0)
  if (own < 0 || own > bits) return undefined
  const host = BigInt(bits - own)
  return { bits, base: (value >> host) << host, length: own }
}

/** One text for each network: without host bits, which nginx warns about. */
export function networkText({ bits, base, length }: Network): string {
  const size = bits === 32 ? 8n : 16n
  const parts = Array.from({ length: bits === 32 ? 4 : 8 }, (_, at) => {
    const shift = BigInt(bits) - size * BigInt(at + 1)
    return (base >> shift) & ((1n << size) - 1n)
  })
  const words = parts.map((part) => part.toString(bits === 32 ? 10 : 16))
  return `${words.join(bits === 32 ? '.' : ':')}/${length}`
}

export function isInside(networks: readonly string[], address: string): boolean {
  const one = parseNetwork(address)
  if (one === undefined) return false
  return networks.some((text) => {
    const network = parseNetwork(text)
    if (network === undefined || network.bits !== one.bits) return false
    const host = BigInt(network.bits - network.length)
    return one.base >> host === network.base >> host
  })
}

/** `::ffff:10.0.0.1` and the like. */
const MAPPED_BITS = 96
const MAPPED = 0xffffn

interface Address {
  readonly bits: 32 | 128
  readonly value: bigint
  readonly mapped: boolean
}

function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) {
    const value = parseV4(text)
    return value === undefined ? undefined : { bits: 32, value, mapped: false }
  }
  const value = parseV6(text)
  if (value === undefined) return undefined
  if (value >> 32n === MAPPED) return { bits: 32, value: value & 0xffffffffn, mapped: true }
  return { bits: 128, value, mapped: false }
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.')
  const isGood = (part: string) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256
  if (parts.length !== 4 || !parts.every(isGood)) return undefined
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n)
}

function parseV6(text: string): bigint | undefined {
  const dotted = text.lastIndexOf(':') + 1
  const tail = text.includes('.') ? parseV4(text.slice(dotted)) : undefined
  if (text.includes('.') && tail === undefined) return undefined
  const plain =
    tail === undefined
      ? text
      : `${text.slice(0, dotted)}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`
  const [head = '', rest, ...more] = plain.split('::')
  if (more.length > 0) return undefined
  const left = groupsOf(head)
  const right = rest === undefined ? [] : groupsOf(rest)
  const missing = 8 - left.length - right.length
  if (rest === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...left, ...Array<string>(missing).fill('0'), ...right]
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  return groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n)
}

function groupsOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(':')
}
