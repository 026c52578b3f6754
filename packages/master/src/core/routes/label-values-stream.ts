import type { Port } from '@roadstead/shared/protocol/container.ts'
import type { RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import { type Read, readPort, refused, value } from './label-values.ts'

/** Values of labels that speak of one stream: where visitors come to, and how they are passed on. */

export function readListen(text: string): Read<Port> {
  const port = readPort(text)
  return port.kind === 'value' ? port : refused('invalid-listen')
}

/** nginx sends the form of version 1, and knows no other towards endpoints. */
export function readProxyProtocol(text: string): Read<NonNullable<RouteSettings['proxyProtocol']>> {
  return text === 'v1' ? value(text) : refused('invalid-proxy-protocol')
}

const RESPONSES_MAX = 1_000

export function readResponses(text: string): Read<number> {
  const isWhole = /^(?:0|[1-9][0-9]{0,3})$/.test(text)
  return isWhole && Number(text) <= RESPONSES_MAX
    ? value(Number(text))
    : refused('invalid-responses')
}
