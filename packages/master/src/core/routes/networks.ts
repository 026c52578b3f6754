import { Cidr } from '@roadstead/shared/protocol/route-settings.ts'
import { groupsOf } from './ip.ts'

/**
 * A network as other tools write it, an address alone or with host bits after the prefix, by its
 * first address: `10.1.2.3/8` is `10.0.0.0/8`. Undefined when it is none.
 */
export function readNetwork(text: string): Cidr | undefined {
  const [address = '', length] = text.split('/', 2)
  const isV4 = !address.includes(':')
  const bitsMax = isV4 ? 32 : 128
  const parsed = Cidr.safeParse(length === undefined ? `${address}/${bitsMax}` : text)
  if (!parsed.success) return undefined
  const bits = Number(length ?? bitsMax)
  return isV4 ? maskedV4(address, bits) : maskedV6(address, bits)
}

/** What two lists of networks have in common, as networks of either of them. */
export function commonNetworks(a: readonly Cidr[], b: readonly Cidr[]): Cidr[] {
  const inside = (one: readonly Cidr[], other: readonly Cidr[]) =>
    one.filter((network) => other.some((each) => contains(each, network)))
  return [...new Set([...inside(a, b), ...inside(b, a)])].sort()
}

function contains(outer: Cidr, inner: Cidr): boolean {
  const bits = Number(outer.split('/')[1])
  const [address = '', innerBits] = inner.split('/')
  if (outer.includes(':') !== inner.includes(':') || Number(innerBits) < bits) return false
  return readNetwork(`${address}/${bits}`) === outer
}

function maskedV4(address: string, bits: number): Cidr {
  const bytes = address.split('.').map((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - 8 * index))
    return Number(byte) & (0xff00 >> kept) & 0xff
  })
  return `${bytes.join('.')}/${bits}`
}

/** In the spelling that URLs have, so that each network has one. */
function maskedV6(address: string, bits: number): Cidr {
  const groups = groupsOf(address).map((group, index) => {
    const kept = Math.min(16, Math.max(0, bits - 16 * index))
    return (group & (0xffff_0000 >> kept) & 0xffff).toString(16)
  })
  return `${new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1)}/${bits}`
}
