import { z } from 'zod'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { type Decision, Role } from '@roadstead/shared/protocol/decision.ts'

/** Who asks, and by what they proved it: a browser sends a cookie whoever made it send. */
export interface Caller {
  readonly name: string
  readonly role: Role
  readonly by: 'bearer' | 'cookie'
  readonly expiresAtMs: number
  /** The API token behind it; absent for the first admin's token and sign-in links. */
  readonly tokenId?: string
}

export type ApiToken = Extract<Decision, { kind: 'api-token' }>

export interface SessionDeps {
  readonly clock: Clock
  readonly adminToken: string
  /** This life of the master: a sign-in link works only here, so that it works only once. */
  readonly instance: string
  readonly apiToken: (id: string) => ApiToken | undefined
  readonly newId: () => string
  readonly sameSecret: (a: string, b: string) => boolean
  readonly secretHash: (secret: string) => string
  readonly sealer: {
    seal(purpose: string, text: string): string
    open(purpose: string, sealed: string): string | undefined
  }
}

/**
 * Sessions without a store: the cookie holds who it is and until when, sealed with a key that both
 * masters derive from the same token, so a failover signs nobody out. The price: signing out only
 * takes the cookie away. A session made from an API token ends when that token is revoked.
 */
export class Sessions {
  readonly #deps: SessionDeps
  readonly #usedLinks = new Map<string, number>()

  constructor(deps: SessionDeps) {
    this.#deps = deps
  }

  /** Who these headers belong to, or undefined: nobody we know. A bearer token goes first. */
  callerOf(authorization: string | undefined, cookie: string | undefined): Caller | undefined {
    if (authorization !== undefined) return this.#byBearer(authorization)
    return cookie === undefined ? undefined : this.#byCookie(cookie)
  }

  /** A code that signs in once, here, within 15 minutes. */
  newLink(role: Role, name: string): { readonly code: string; readonly expiresAtMs: number } {
    const { clock, instance, newId, sealer } = this.#deps
    const expiresAtMs = clock.wallMs() + LINK_MS
    const link: Link = { id: newId(), name, role, expiresAtMs, instance }
    return { code: sealer.seal('link', JSON.stringify(link)), expiresAtMs }
  }

  /** @throws RoadsteadError `not-signed-in` when the code is not ours, used, or too old. */
  signInByCode(code: string): Caller {
    const { clock, instance, sealer } = this.#deps
    const link = parsed(Link, sealer.open('link', code))
    const now = clock.wallMs()
    this.#forgetExpiredLinks(now)
    if (link === undefined || link.instance !== instance || link.expiresAtMs <= now) {
      throw new RoadsteadError('not-signed-in', { code: 'unknown or expired' })
    }
    if (this.#usedLinks.has(link.id)) {
      throw new RoadsteadError('not-signed-in', { code: 'used before' })
    }
    this.#usedLinks.set(link.id, link.expiresAtMs)
    return { name: link.name, role: link.role, by: 'cookie', expiresAtMs: now + SESSION_MS }
  }

  /** @throws RoadsteadError `not-signed-in` when the token is unknown, revoked or expired. */
  signInByToken(token: string): Caller {
    const caller = this.#byBearer(`Bearer ${token}`)
    if (caller === undefined) throw new RoadsteadError('not-signed-in', { token: 'not accepted' })
    const expiresAtMs = Math.min(caller.expiresAtMs, this.#deps.clock.wallMs() + SESSION_MS)
    return { ...caller, by: 'cookie', expiresAtMs }
  }

  cookieFor(caller: Caller): string {
    const { name, role, expiresAtMs, tokenId } = caller
    return this.#deps.sealer.seal('session', JSON.stringify({ name, role, expiresAtMs, tokenId }))
  }

  #byBearer(authorization: string): Caller | undefined {
    const { adminToken, apiToken, sameSecret, secretHash, clock } = this.#deps
    const token = /^Bearer ([\w.~+/-]{1,256}=*)$/i.exec(authorization)?.[1]
    if (token === undefined) return undefined
    if (sameSecret(token, adminToken)) {
      return {
        name: 'admin',
        role: 'admin',
        by: 'bearer',
        expiresAtMs: clock.wallMs() + SESSION_MS,
      }
    }
    const [, id = '', secret = ''] = /^rs_([0-9a-f]{16})_([\w-]+)$/.exec(token) ?? []
    const known = apiToken(id)
    const expiresAtMs = known === undefined ? 0 : this.#expiryOf(known)
    if (known === undefined || expiresAtMs <= clock.wallMs()) return undefined
    if (!sameSecret(known.hash, secretHash(secret))) return undefined
    return { name: known.note || id, role: known.role, by: 'bearer', expiresAtMs, tokenId: id }
  }

  #byCookie(cookie: string): Caller | undefined {
    const session = parsed(Session, this.#deps.sealer.open('session', cookie))
    if (session === undefined || session.expiresAtMs <= this.#deps.clock.wallMs()) return undefined
    const { name, role, expiresAtMs, tokenId } = session
    if (tokenId === undefined) return { name, role, by: 'cookie', expiresAtMs }
    const known = this.#deps.apiToken(tokenId)
    if (known === undefined || this.#expiryOf(known) <= this.#deps.clock.wallMs()) return undefined
    return { name, role: known.role, by: 'cookie', expiresAtMs, tokenId }
  }

  #expiryOf(token: ApiToken): number {
    return token.expiresAt === undefined
      ? this.#deps.clock.wallMs() + SESSION_MS
      : Date.parse(token.expiresAt)
  }

  #forgetExpiredLinks(now: number): void {
    for (const [id, expiresAtMs] of this.#usedLinks) {
      if (expiresAtMs <= now) this.#usedLinks.delete(id)
    }
  }
}

/** A link is for the terminal that just printed it. */
export const LINK_MS = 15 * 60_000

/** A working day: then a person signs in again. */
export const SESSION_MS = 12 * 3_600_000

const Link = z.object({
  id: z.string(),
  name: z.string(),
  role: Role,
  expiresAtMs: z.number(),
  instance: z.string(),
})
type Link = z.infer<typeof Link>

const Session = z.object({
  name: z.string(),
  role: Role,
  expiresAtMs: z.number(),
  tokenId: z.string().optional(),
})

function parsed<Schema extends z.ZodType>(
  schema: Schema,
  text: string | undefined,
): z.output<Schema> | undefined {
  if (text === undefined) return undefined
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
