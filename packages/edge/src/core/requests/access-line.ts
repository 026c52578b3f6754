import type { Ended } from './counts.ts'

/** A line is about 130 bytes; only a key of a route can be long. */
export const LINE_BYTES_MAX = 2_048

/**
 * What nginx logs of a request in the reload tier: nothing that a visitor has chosen, not his address
 * and not his path, but the key of the route that the location belongs to. Then the status, how long
 * it took, and how long whom of the endpoints took. Without names of fields: each is in the same place.
 */
export const LOG_FORMAT =
  '\'["$rs_route",$status,$request_time,"$upstream_response_time","$upstream_addr"]\''

/**
 * One datagram of nginx: the head of syslog with our own tag, then the line. Anybody on this machine
 * may send to the port, so the tag is a secret between the edge and its nginx, and whatever differs in
 * one character from what nginx would write is refused.
 *
 * One pattern over all of it costs half of what parsing JSON and looking at each value does.
 *
 * @returns undefined when it is not a line of this nginx.
 */
export function readAccessLine(text: string, tag: string): Ended | undefined {
  if (text.length > LINE_BYTES_MAX || !text.startsWith(tag, TAG_AT)) return undefined
  const found = DATAGRAM.exec(text)
  if (found === null || found[1] !== tag) return undefined
  const [, , route = '', status, seconds, times = '', addresses = ''] = found
  const asked = SEPARATOR.test(addresses) ? addresses.split(SEPARATOR) : [addresses]
  const last = asked.at(-1) ?? ''
  const took = SEPARATOR.test(times) ? (times.split(SEPARATOR).at(-1) ?? '') : times
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

/** Behind `<190>Nov 22 06:59:59 `, which is as long at all times. */
const TAG_AT = 21
/** Endpoints that were asked one after the other, and groups of them. */
const SEPARATOR = /, | : /

const SECONDS = /^\d{1,7}\.\d{3}$/
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]{2,45}\]):\d{1,5}$/
const DATAGRAM = new RegExp(
  [
    String.raw`^<\d{3}>[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d ([a-z0-9]{1,32}): `,
    String.raw`\["([A-Za-z0-9_.:/~=* -]{1,1024})",(\d{3}),(\d{1,7}\.\d{3}),`,
    String.raw`"([0-9., :-]{0,256})","([A-Za-z0-9_., :[\]-]{0,1024})"\]$`,
  ].join(''),
)
