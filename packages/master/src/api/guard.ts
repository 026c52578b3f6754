import type { FastifyReply, FastifyRequest } from 'fastify'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { entryOf, mayCall } from './authorisation.ts'
import { judgeSource } from './request-source.ts'
import type { ApiServer } from './server.ts'
import type { Sessions } from './sessions.ts'

export const SESSION_COOKIE = 'roadstead_session'

export interface GuardDeps {
  readonly sessions: Sessions
  /** Names under which this server may be asked. */
  readonly names: ReadonlySet<string>
}

/**
 * Stands before every route: whose page is asking, who is asking, how often, and may they. It runs
 * before the body is read, so a stranger costs one hash. Needs the plugins for cookies, sockets and
 * rate limits to be registered before it.
 */
export function addGuard(app: ApiServer, deps: GuardDeps): void {
  const isWithinRate = app.createRateLimit({
    max: (request) => (request.caller === undefined ? STRANGER_REQUESTS_MAX : REQUESTS_MAX),
    timeWindow: RATE_WINDOW_MS,
    keyGenerator: ({ caller, ip }) =>
      caller === undefined ? ip : `${ip} ${caller.tokenId ?? caller.name}`,
  })
  app.decorateRequest('caller', undefined)
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) {
      const entry = entryOf(method, route.url)
      if (entry === undefined) {
        throw new Error(`${method} ${route.url} is not in the authorisation table`)
      }
      route.schema = { ...route.schema, summary: entry.what }
    }
  })
  app.addHook('onRequest', async (request, reply) => {
    assertOurs(request, deps.names)
    request.caller = deps.sessions.callerOf(
      request.headers.authorization,
      request.cookies[SESSION_COOKIE],
    )
    const rate = await isWithinRate(request)
    if (!rate.isAllowed && rate.isExceeded) {
      reply.header('retry-after', String(rate.ttlInSeconds))
      throw new RoadsteadError('too-many-requests', { perWindow: rate.max })
    }
    assertMayCall(request)
  })
  app.addHook('onSend', addSecurityHeaders)
}

/** A dashboard, a watching CLI and a scraper together stay far below this; a flood does not. */
const REQUESTS_MAX = 1_000
const STRANGER_REQUESTS_MAX = 200
const RATE_WINDOW_MS = 10_000

function assertOurs(request: FastifyRequest, names: ReadonlySet<string>): void {
  const { authorization, host, origin } = request.headers
  const source = {
    method: request.method,
    host,
    origin,
    fetchSite: single(request.headers['sec-fetch-site']),
    upgrade: request.ws,
    byCookie: authorization === undefined && request.cookies[SESSION_COOKIE] !== undefined,
  }
  const verdict = judgeSource(source, names)
  if (verdict === 'fine') return
  const facts = verdict === 'bad-host' ? { host: cut(host) } : { origin: cut(origin) }
  throw new RoadsteadError('bad-origin', facts)
}

function assertMayCall(request: FastifyRequest): void {
  const pattern = request.routeOptions.url
  if (pattern === undefined) return
  const access = entryOf(request.method, pattern)?.access
  const { caller } = request
  if (access === 'open') return
  if (access === undefined) throw new RoadsteadError('not-allowed', { route: pattern })
  if (caller === undefined) throw new RoadsteadError('not-signed-in')
  if (!mayCall(caller.role, access)) {
    throw new RoadsteadError('not-allowed', { has: caller.role, needs: access })
  }
}

async function addSecurityHeaders(
  _request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  reply.headers(securityHeaders)
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
  return payload
}

/** Nothing from elsewhere, nothing inline, in nobody's frame; the same for pages and for data. */
const securityHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header
}

function cut(text: string | undefined): string {
  return (text ?? 'none').slice(0, 128)
}
