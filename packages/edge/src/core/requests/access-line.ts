import type { Ended } from './counts.ts'

/** A line is about 200 bytes; only a key of a route can be long. */
export const LINE_BYTES_MAX = 2_048

/**
 * What nginx logs of a request in the reload tier: nothing that a visitor has chosen, not his address
 * and not his path, but the key of the route that the location belongs to.
 */
export const LOG_FORMAT =
  '\'{"r":"$rs_route","s":$status,"t":$request_time,"u":"$upstream_response_time","a":"$upstream_addr"}\''

/**
 * One datagram of nginx: the head of syslog with our own tag, then the line. Anybody on this machine
 * may send to the port, so the tag is a secret between the edge and its nginx, and whatever differs in
 * one character from what nginx would write is refused.
 *
 * @returns undefined when it is not a line of this nginx.
 */
export function readAccessLine(text: string, tag: string): Ended | undefined {
  if (text.length > LINE_BYTES_MAX) return undefined
  const found = DATAGRAM.exec(text)?.groups
  if (found === undefined || found['tag'] !== tag) return undefined
  const { route = '', status, seconds, times = '', addresses = '' } = found
  const asked = addresses.split(/, | : /)
  const last = asked.at(-1) ?? ''
  const took = times.split(/, | : /).at(-1) ?? ''
  const isAnswered = ADDRESS.test(last) && SECONDS.test(took)
  return {
    route,
    status: Number(status),
    ms: msOf(seconds),
    endpoint: isAnswered ? { address: last, ms: msOf(took) } : undefined,
    failed: asked.slice(0, -1).filter((address) => ADDRESS.test(address)),
  }
}

function msOf(seconds = ''): number {
  return Math.round(Number(seconds) * 1_000)
}

const SECONDS = /^\d{1,7}\.\d{3}$/
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]{2,45}\]):\d{1,5}$/
const DATAGRAM = new RegExp(
  [
    String.raw`^<\d{1,3}>[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d (?<tag>[a-z0-9]{1,32}): `,
    String.raw`\{"r":"(?<route>[A-Za-z0-9_.:/~=* -]{1,1024})",`,
    String.raw`"s":(?<status>\d{3}),"t":(?<seconds>\d{1,7}\.\d{3}),`,
    String.raw`"u":"(?<times>[0-9., :-]{0,256})","a":"(?<addresses>[A-Za-z0-9_., :[\]-]{0,1024})"\}$`,
  ].join(''),
)
