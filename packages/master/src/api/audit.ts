import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AuditView } from '@roadstead/shared/protocol/http-events.ts'
import { entryOf } from './authorisation.ts'
import type { ApiServer } from './server.ts'

type Entry = Omit<AuditView, 'at'>

/**
 * Notes every request that is to change something: who asked for what, and what came of it. From bodies
 * only fields of a closed list are taken, so that no secret and no document gets there by oversight.
 *
 * Strangers are noted where they may ask at all, which is signing in and joining; whoever tries doors is
 * turned away by the guard, is counted in the metrics, and must not fill the log.
 */
export function addAudit(app: ApiServer, asked: (entry: Entry) => void): void {
  app.decorateRequest('problem', undefined)
  app.addHook('onResponse', async (request, reply) => {
    const { method } = request
    const pattern = request.routeOptions.url ?? ''
    const access = entryOf(method, pattern)?.access
    if (access === undefined || method === 'GET' || method === 'HEAD') return
    if (READING.has(pattern) || (request.caller === undefined && access !== 'open')) return
    asked(entryFor(request, reply, `${method} ${pattern}`))
  })
}

/** Asked with a body, and changing nothing. */
const READING: ReadonlySet<string> = new Set(['/api/v1/policy/check', '/api/v1/policy/diff'])

function entryFor(request: FastifyRequest, reply: FastifyReply, asked: string): Entry {
  const { body, caller, ip, params, problem } = request
  const about = { ...wordsIn(params), ...wordsIn(body) }
  const token = caller?.tokenId ?? joinTokenIn(body)
  const status = reply.statusCode
  return {
    who: caller?.name ?? '-',
    ...(caller !== undefined && { role: caller.role }),
    via: caller === undefined ? 'nobody' : caller.by === 'cookie' ? 'session' : 'token',
    ...(token !== undefined && { token }),
    from: ip,
    asked,
    about,
    outcome: status < 400 ? 'done' : status < 500 ? 'refused' : 'failed',
    status,
    ...(problem !== undefined && { code: problem }),
    tookMs: Math.round(reply.elapsedTime),
  }
}

/** What people name, and nothing that they keep to themselves. */
const TOLD = [
  'container',
  'host',
  'service',
  'hosts',
  'name',
  'id',
  'kind',
  'role',
  'uses',
  'ttlSeconds',
  'note',
  'atOnce',
  'why',
] as const

const WORDS_MAX = 256

function wordsIn(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(
    TOLD.flatMap((name) => {
      const text = textOf(Reflect.get(value, name))
      return text === undefined || text === '' ? [] : [[name, text.slice(0, WORDS_MAX)]]
    }),
  )
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (!Array.isArray(value)) return undefined
  return value.filter((item) => typeof item === 'string').join(' ')
}

/** The id in it is no secret; what follows is. */
function joinTokenIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const token: unknown = Reflect.get(body, 'token')
  if (typeof token !== 'string') return undefined
  return /^rsj?_([0-9a-f]{16})_/.exec(token)?.[1]
}
