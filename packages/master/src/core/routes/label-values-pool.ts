import { CookieName, type HealthCheck } from '@roadstead/shared/protocol/route-settings.ts'
import type { Balance } from '@roadstead/shared/protocol/table.ts'
import type { ReasonCode } from '@roadstead/shared/protocol/reasons.ts'
import type { AddressWish } from './intent.ts'
import { type Read, readPort, refused, value } from './label-values.ts'

/** Values of labels that speak of how requests are spread, and of how a container is reached. */

export function readBalance(text: string): Read<Balance> {
  if (text !== 'round-robin' && text !== 'least-conn') return refused('invalid-balance')
  return value(text)
}

/** `cookie`: by one whose name is ours to choose. */
export type Stickiness = { readonly by: 'address' } | { readonly by: 'cookie'; name?: string }

export function readSticky(text: string): Read<Stickiness> {
  if (text === 'address' || text === 'cookie') return value({ by: text })
  const [, name] = /^cookie:(.*)$/.exec(text) ?? []
  const parsed = CookieName.safeParse(name)
  // nginx cannot name a cookie with a hyphen, and another name would be a surprise.
  return parsed.success && !parsed.data.includes('-')
    ? value({ by: 'cookie', name: parsed.data })
    : refused('invalid-sticky')
}

export function readWeight(text: string): Read<number> {
  return readCount(text, 100, 'invalid-weight')
}

export function readConnectionsMax(text: string): Read<number> {
  return readCount(text, 100_000, 'invalid-max-conns')
}

/** A status, or two of them with a hyphen between. */
export function readExpect(text: string): Read<HealthCheck['expect']> {
  const [, from, to = from] = /^([1-5][0-9]{2})(?:-([1-5][0-9]{2}))?$/.exec(text) ?? []
  if (from === undefined || Number(to) < Number(from)) return refused('invalid-expect')
  return value({ from: Number(from), to: Number(to) })
}

/** The alphabet that engines allow for names of networks. */
export function readNetworkName(text: string): Read<string> {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(text) ? value(text) : refused('invalid-network')
}

export function readAddress(text: string): Read<AddressWish> {
  if (text === 'inside' || text === 'published') return value({ kind: text })
  const [, port] = /^host:([0-9]+)$/.exec(text) ?? []
  const read = port === undefined ? undefined : readPort(port)
  return read?.kind === 'value'
    ? value({ kind: 'host', port: read.value })
    : refused('invalid-address')
}

function readCount(text: string, most: number, reason: ReasonCode): Read<number> {
  const isWhole = /^[1-9][0-9]{0,5}$/.test(text)
  return isWhole && Number(text) <= most ? value(Number(text)) : refused(reason)
}
