import { directive, fixed, type SafeText, type Statement } from './directive.ts'

/**
 * Every header that says who asks and how, set by us or removed: whatever a client sends under one of
 * these names never reaches an endpoint. All of them stand in every location that passes requests on,
 * because nginx inherits such headers all together or not at all.
 *
 * `Host` is the name that was matched, with our own port if the visitor wrote it, and not the text of
 * the header: a request for `http://a.test/` may carry any other name in it. On port 80 nobody needs
 * to see a port, and each variable less saves every request some time.
 *
 * @param port on which nginx listens.
 */
export function proxyHeaders(forwardedPrefix: SafeText, port: number): readonly Statement[] {
  return [...identity(port), ...upgrade, prefix(forwardedPrefix), ...removed]
}

/** The same where no request gets to that wants another protocol. */
export function plainProxyHeaders(port: number): readonly Statement[] {
  return [...identity(port), ...noUpgrade, prefix(fixed('')), ...removed]
}

function identity(port: number): readonly Statement[] {
  const isDefault = port === 80
  const host = isDefault ? fixed('$host') : fixed('$host$rs_port_suffix')
  return [
    header(fixed('Host'), host),
    header(fixed('X-Real-IP'), fixed('$remote_addr')),
    header(fixed('X-Forwarded-For'), fixed('$remote_addr')),
    header(fixed('X-Forwarded-Host'), host),
    header(fixed('X-Forwarded-Port'), isDefault ? fixed('80') : fixed('$rs_port')),
    header(fixed('X-Forwarded-Proto'), fixed('$scheme')),
  ]
}

function prefix(path: SafeText): Statement {
  return header(fixed('X-Forwarded-Prefix'), path)
}

const upgrade: readonly Statement[] = [
  header(fixed('Connection'), fixed('$rs_connection')),
  header(fixed('Upgrade'), fixed('$rs_upgrade')),
]

const noUpgrade: readonly Statement[] = [
  header(fixed('Connection'), fixed('')),
  header(fixed('Upgrade'), fixed('')),
]

const removed: readonly Statement[] = [
  header(fixed('Forwarded'), fixed('')),
  header(fixed('Proxy'), fixed('')),
  header(fixed('X-Forwarded-Server'), fixed('')),
  header(fixed('X-Forwarded-Ssl'), fixed('')),
  header(fixed('X-Forwarded-Scheme'), fixed('')),
  header(fixed('X-Original-URL'), fixed('')),
  header(fixed('X-Rewrite-URL'), fixed('')),
]

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

function header(name: SafeText, value: SafeText): Statement {
  return directive('proxy_set_header', [name, value])
}
