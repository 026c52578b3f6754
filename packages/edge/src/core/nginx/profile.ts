import type { EndpointScheme, HeaderSetting } from '@roadstead/shared/protocol/route-settings.ts'
import type { Asked } from './asked.ts'
import { data, directive, fixed, headerValue, type SafeText, type Statement } from './directive.ts'

/** What a location says about its requests, beside what all of them say. */
export interface Forwarded {
  /** The part of the path that the endpoint does not see; empty when it sees all. */
  readonly prefix: SafeText
  readonly asked: Asked
  /** No request gets there that wants another protocol. */
  readonly isPlain?: boolean
  readonly scheme?: EndpointScheme
  /** Instead of the name that was matched. */
  readonly host?: SafeText
  readonly more?: readonly HeaderSetting[]
}

/**
 * Every header that says who asks and how, set by us or removed: whatever a client sends under one of
 * these names never reaches an endpoint. All of them stand in every location that passes requests on,
 * because nginx inherits such headers all together or not at all.
 *
 * `Host` is the name that was matched, with our own port if the visitor wrote it, and not the text of
 * the header: a request for `http://a.test/` may carry any other name in it.
 */
export function proxyHeaders(forwarded: Forwarded): readonly Statement[] {
  const { scheme = 'http', more = [] } = forwarded
  const isGrpc = scheme === 'grpc' || scheme === 'grpcs'
  const name = isGrpc ? 'grpc_set_header' : 'proxy_set_header'
  // A connection over HTTP/2 has neither.
  const connection = isGrpc ? [] : forwarded.isPlain === true ? noUpgrade : upgrade
  const added = more.filter((it) => !isOurs(it.name)).map(forEndpoint)
  return [...identity(forwarded), ...connection, ...removed, ...added].map(([key, value]) =>
    directive(name, [key, value]),
  )
}

type Header = readonly [name: SafeText, value: SafeText]

function identity({ prefix, asked, host }: Forwarded): readonly Header[] {
  return [
    [fixed('Host'), host ?? asked.host],
    [fixed('X-Real-IP'), fixed('$remote_addr')],
    [fixed('X-Forwarded-For'), fixed('$remote_addr')],
    [fixed('X-Forwarded-Host'), asked.host],
    [fixed('X-Forwarded-Port'), asked.port],
    [fixed('X-Forwarded-Proto'), fixed('$scheme')],
    [fixed('X-Forwarded-Prefix'), prefix],
  ]
}

const upgrade: readonly Header[] = [
  [fixed('Connection'), fixed('$rs_connection')],
  [fixed('Upgrade'), fixed('$rs_upgrade')],
]

const noUpgrade: readonly Header[] = [
  [fixed('Connection'), fixed('')],
  [fixed('Upgrade'), fixed('')],
]

const removed: readonly Header[] = [
  [fixed('Forwarded'), fixed('')],
  [fixed('Proxy'), fixed('')],
  [fixed('X-Forwarded-Server'), fixed('')],
  [fixed('X-Forwarded-Ssl'), fixed('')],
  [fixed('X-Forwarded-Scheme'), fixed('')],
  [fixed('X-Original-URL'), fixed('')],
  [fixed('X-Rewrite-URL'), fixed('')],
]

/** Headers that say where a message ends, or how it is sent on: nginx writes them itself. */
const FRAMING = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const OURS = new Set([...FRAMING, 'x-real-ip', ...removed.map(([name]) => name.toLowerCase())])

function isOurs(name: string): boolean {
  const lower = name.toLowerCase()
  return OURS.has(lower) || lower.startsWith('x-forwarded-')
}

/** Empty: the endpoint does not get it, whoever sent it. */
function forEndpoint({ name, value }: HeaderSetting): Header {
  return [data(name), value === '' ? fixed('') : headerValue(value)]
}

/**
 * How a location of the live tier begins. Which service it leads to is text; its endpoints are looked
 * up in the memory of nginx, by the same static code that serves every other domain.
 */
export function liveEntry(service: SafeText): readonly Statement[] {
  return [
    directive('set', [fixed('$rs_service'), service]),
    directive('include', [fixed('live-location.conf')]),
  ]
}

/** A service that nobody serves now: come back soon, and let no cache remember it. */
export const answerAway: readonly Statement[] = [
  directive('add_header', [fixed('Retry-After'), fixed('2'), fixed('always')]),
  directive('add_header', [fixed('Cache-Control'), fixed('no-store'), fixed('always')]),
  directive('return', [fixed('503'), fixed('No endpoint of this service can answer now.')]),
]

/** A path of a known domain that no route covers. */
export const answerNotFound: readonly Statement[] = [
  directive('return', [fixed('404'), fixed('Nothing is routed here.')]),
]
