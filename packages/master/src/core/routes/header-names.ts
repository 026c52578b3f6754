import { HeaderName, HeaderValue } from '@roadstead/shared/protocol/route-settings.ts'
import { type Read, refused, value } from './label-values.ts'

/**
 * Headers that no label sets. Some decide how a message is read or how long a connection lives, and
 * belong to nginx; some tell an endpoint who the visitor is, and belong to the edge; some have a key
 * of their own that does more than write a line. Programs that fold `_` into `-` are why names with
 * an underscore are no names here at all.
 */
const ALWAYS = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'date',
  'expect',
  'host',
  'keep-alive',
  'proxy',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
])
const OF_REQUESTS = new Set(['authorization', 'cookie', 'forwarded', 'range', 'if-range'])
const OF_ANSWERS = new Set(['content-type', 'refresh', 'server', 'status', 'www-authenticate'])
const BEGINNINGS = [
  'x-accel-',
  'x-forwarded-',
  'x-original-',
  'x-real-ip',
  'x-rewrite-',
  'x-roadstead-',
]
/** Keys that are meant instead. */
const INSTEAD = new Map([
  ['location', 'redirect'],
  ['strict-transport-security', 'hsts'],
])
const OF_REQUESTS_BEGINNINGS = ['x-auth-', 'x-remote-', 'x-client-', 'remote-', 'ssl-client-']

/** What is meant for it instead; undefined for a header that may be set. */
export function refusedHeader(
  name: string,
  direction: 'request' | 'response',
): { readonly instead?: string } | undefined {
  const lower = name.toLowerCase()
  const isRequest = direction === 'request'
  const instead = isRequest ? undefined : INSTEAD.get(lower)
  if (instead !== undefined) return { instead }
  const names = isRequest ? OF_REQUESTS : OF_ANSWERS
  const beginnings = isRequest ? [...BEGINNINGS, ...OF_REQUESTS_BEGINNINGS] : BEGINNINGS
  const isRefused =
    ALWAYS.has(lower) || names.has(lower) || beginnings.some((each) => lower.startsWith(each))
  return isRefused ? {} : undefined
}

/** For the visitor, as it is written in the key of a label. */
export function readHeaderName(text: string): Read<string> {
  if (!HeaderName.safeParse(text).success) return refused('invalid-header')
  const refusal = refusedHeader(text, 'response')
  return refusal === undefined ? value(text) : refused('header-refused', { ...refusal })
}

export function readHeaderValue(text: string): Read<string> {
  const parsed = HeaderValue.safeParse(text)
  return parsed.success ? value(parsed.data) : refused('invalid-header')
}
