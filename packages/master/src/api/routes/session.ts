import type { Log } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { SessionView, SignInLink, SignInRequest } from '@roadstead/shared/protocol/http.ts'
import { SESSION_COOKIE } from '../guard.ts'
import type { ApiServer } from '../server.ts'
import type { Caller, Sessions } from '../sessions.ts'

export interface SessionRouteDeps {
  readonly sessions: Sessions
  readonly log: Log
  /** Where people open the dashboard of this master. */
  readonly url: () => string
}

/** Signing in and out: a one-time code or a token becomes a cookie that no script can read. */
export function addSession(app: ApiServer, { log, sessions, url }: SessionRouteDeps): void {
  const isWithinRate = app.createRateLimit({
    max: FAILURES_MAX,
    timeWindow: FAILURES_WINDOW_MS,
    keyGenerator: ({ ip }) => `sign-in ${ip}`,
  })
  const signIn = { schema: { body: SignInRequest, response: { 200: SessionView } } }
  app.post('/api/v1/session', signIn, async (request, reply) => {
    const rate = await isWithinRate(request, { increment: false })
    if (!rate.isAllowed && rate.remaining === 0) {
      reply.header('retry-after', String(rate.ttlInSeconds))
      throw new RoadsteadError('too-many-requests', { failures: rate.max })
    }
    try {
      const caller = signedIn(sessions, request.body)
      reply.setCookie(SESSION_COOKIE, sessions.cookieFor(caller), {
        httpOnly: true,
        sameSite: 'strict',
        path: '/',
        secure: url().startsWith('https:'),
        expires: new Date(caller.expiresAtMs),
      })
      request.caller = caller
      log.info({ by: caller.name, as: caller.role, from: request.ip }, 'signed in')
      return viewOf(caller)
    } catch (error) {
      await isWithinRate(request)
      log.warn({ from: request.ip, err: error }, 'sign-in refused')
      throw error
    }
  })
  app.get('/api/v1/session', { schema: { response: { 200: SessionView } } }, ({ caller }) => {
    if (caller === undefined) throw new RoadsteadError('not-signed-in')
    return viewOf(caller)
  })
  app.delete('/api/v1/session', (_request, reply) => {
    reply.clearCookie(SESSION_COOKIE, { path: '/' })
    return reply.code(204).send()
  })
  app.post(
    '/api/v1/session/link',
    { schema: { response: { 201: SignInLink } } },
    (request, reply) => {
      log.info({ by: request.caller?.name }, 'sign-in link made')
      const { code, expiresAtMs } = sessions.newLink('admin', request.caller?.name ?? 'admin')
      // In the fragment: a browser sends it to nobody, so it is in no log.
      const link = `${url()}/#${new URLSearchParams({ code }).toString()}`
      reply.code(201)
      return { url: link, code, expiresAt: rfc3339(expiresAtMs) }
    },
  )
}

/** Mistyped now and then is human; the codes have 256 bits, so this only saves work. */
const FAILURES_MAX = 10
const FAILURES_WINDOW_MS = 15 * 60_000

function signedIn(sessions: Sessions, request: SignInRequest): Caller {
  return 'code' in request
    ? sessions.signInByCode(request.code)
    : sessions.signInByToken(request.token)
}

function viewOf({ name, role, expiresAtMs }: Caller): SessionView {
  return { name, role, expiresAt: rfc3339(expiresAtMs) }
}

function rfc3339(ms: number): string {
  return new Date(ms).toISOString()
}
