import { z } from 'zod'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import {
  type Decision,
  decisionKey,
  IdentityRole,
  Role,
} from '@roadstead/shared/protocol/decision.ts'
import { listOf } from '@roadstead/shared/protocol/http.ts'
import { TokenReply, TokenRequest, TokenView } from '@roadstead/shared/protocol/http-access.ts'
import type { DecisionDraft, DecisionWriter } from '../decision-writer.ts'
import type { ApiServer } from '../server.ts'

export interface TokenDeps {
  readonly decisions: () => ReadonlyMap<string, Decision>
  readonly writer: DecisionWriter
  readonly digest: Digest
  readonly newShortId: () => string
  readonly newSecret: () => string
  readonly secretHash: (secret: string) => string
  readonly clock: Clock
  readonly log: Log
}

type Token = Extract<Decision, { kind: 'join-token' | 'api-token' }>

/** Tokens for joining and for the API. The secret is in the answer once, and kept nowhere. */
export function addTokens(app: ApiServer, deps: TokenDeps): void {
  const { decisions, writer, log } = deps
  app.get('/api/v1/tokens', { schema: { response: { 200: listOf(TokenView) } } }, () => {
    const items = tokensIn(decisions()).map(viewOf)
    return { items, total: items.length }
  })

  const create = { schema: { body: TokenRequest, response: { 201: TokenReply } } }
  app.post('/api/v1/tokens', create, async ({ body, caller }, reply) => {
    if (tokensIn(decisions()).length >= TOKENS_MAX) {
      throw new RoadsteadError('bad-input', { tokens: `at most ${TOKENS_MAX}; revoke some` })
    }
    const by = caller?.name ?? ''
    const secret = deps.newSecret()
    const token = newToken(body, by, secret, deps)
    await writer.write([
      ...expired(deps),
      { key: decisionKey(token, deps.digest), decision: token },
    ])
    log.info({ by, id: token.id, kind: token.kind, role: token.role }, 'token created')
    const prefix = token.kind === 'api-token' ? 'rs' : 'rsj'
    const { id, expiresAt = '' } = token
    reply.code(201)
    return { id, token: `${prefix}_${id}_${secret}`, expiresAt }
  })

  const revoke = { schema: { params: z.object({ id: z.string().max(16) }) } }
  app.delete('/api/v1/tokens/:id', revoke, async ({ params, caller }, reply) => {
    const token = tokensIn(decisions()).find(({ id }) => id === params.id)
    if (token === undefined) throw new RoadsteadError('not-found', { token: params.id })
    await writer.write([{ key: decisionKey(token, deps.digest), decision: undefined }])
    log.info({ by: caller?.name, id: token.id, kind: token.kind }, 'token revoked')
    return reply.code(204).send()
  })
}

/** Each is a decision that every master holds; a fleet has tens. */
const TOKENS_MAX = 1_000

function tokensIn(decisions: ReadonlyMap<string, Decision>): Token[] {
  return [...decisions.values()].filter(
    (decision): decision is Token =>
      decision.kind === 'join-token' || decision.kind === 'api-token',
  )
}

function newToken(request: TokenRequest, by: string, secret: string, deps: TokenDeps): Token {
  const id = deps.newShortId()
  const hash = deps.secretHash(secret)
  const now = deps.clock.wallMs()
  const since = new Date(now).toISOString()
  const expiresAt = new Date(now + request.ttlSeconds * 1_000).toISOString()
  const { note, uses: usesLeft } = request
  if (request.kind === 'api') {
    const role = roleOf(Role, request.role)
    return { kind: 'api-token', id, hash, role, note, expiresAt, by, since }
  }
  const role = roleOf(IdentityRole, request.role)
  return { kind: 'join-token', id, hash, role, usesLeft, expiresAt, by, since }
}

function roleOf<Name extends string>(
  schema: { readonly options: readonly Name[] },
  asked: string,
): Name {
  const role = schema.options.find((option) => option === asked)
  if (role !== undefined) return role
  throw new RoadsteadError('bad-input', { role: `one of ${schema.options.join(', ')}` })
}

/** Tokens that expired more than a day ago are of no interest even to the curious. */
function expired({ decisions, clock, digest }: TokenDeps): DecisionDraft[] {
  const limit = clock.wallMs() - 86_400_000
  return tokensIn(decisions())
    .filter(({ expiresAt }) => expiresAt !== undefined && Date.parse(expiresAt) < limit)
    .map((token) => ({ key: decisionKey(token, digest), decision: undefined }))
}

function viewOf(token: Token): TokenView {
  const { id, role, by, since, expiresAt } = token
  const shown = { id, role, by, since, ...(expiresAt !== undefined && { expiresAt }) }
  return token.kind === 'api-token'
    ? { ...shown, kind: 'api', note: token.note }
    : { ...shown, kind: 'join', note: '', usesLeft: token.usesLeft }
}
