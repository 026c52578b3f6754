import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { EdgeId, HostId, MasterId, PublicKey } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { type Decision, decisionKey } from '@roadstead/shared/protocol/decision.ts'
import { JoinReply, JoinRequest } from '@roadstead/shared/protocol/http-access.ts'
import type { DecisionDraft, DecisionWriter } from '../decision-writer.ts'
import { hostName } from '../request-source.ts'
import type { ApiServer } from '../server.ts'

export interface JoinDeps {
  readonly decisions: () => ReadonlyMap<string, Decision>
  readonly writer: DecisionWriter
  /** @throws RoadsteadError `not-leader` that names the leader */
  readonly assertLeads: () => void
  readonly digest: Digest
  readonly sameSecret: (a: string, b: string) => boolean
  readonly secretHash: (secret: string) => string
  readonly clock: Clock
  readonly log: Log
  readonly site: string
  readonly natsUrl: string
  /** Our own key and those of our peers, as our identity names them; who was enrolled is decided. */
  readonly masters: readonly PublicKey[]
  /** What the operator of a NATS that is not ours has to add; undefined when it is ours. */
  readonly natsUser: (identity: IdentityDecision) => string | undefined
}

export type IdentityDecision = Extract<Decision, { kind: 'identity' }>
type JoinToken = Extract<Decision, { kind: 'join-token' }>

/** Brings in an agent, an edge or a master: a token becomes an identity, known by its public key. */
export function addJoin(app: ApiServer, deps: JoinDeps): void {
  const isWithinRate = app.createRateLimit({
    max: FAILURES_MAX,
    timeWindow: FAILURES_WINDOW_MS,
    keyGenerator: ({ ip }) => `join ${ip}`,
  })
  // One at a time: a token with one use left must not be used by two at once.
  let last: Promise<unknown> = Promise.resolve()
  const join = { schema: { body: JoinRequest, response: { 200: JoinReply } } }
  app.post('/api/v1/join', join, async (request) => {
    deps.assertLeads()
    const rate = await isWithinRate(request, { increment: false })
    if (!rate.isAllowed && rate.remaining === 0) {
      throw new RoadsteadError('too-many-requests', { failures: rate.max })
    }
    const { body } = request
    const natsUrl = reachableUrl(deps.natsUrl, hostName(request.headers.host ?? ''))
    const turn = last.then(() => enrol(body, { ...deps, natsUrl }))
    last = turn.catch(() => undefined)
    try {
      return await turn
    } catch (error) {
      await isWithinRate(request)
      deps.log.warn({ role: body.role, id: body.id, from: request.ip, err: error }, 'join refused')
      throw error
    }
  })
}

/** A token has 256 bits; this only keeps a broken loop at a host from filling the log. */
const FAILURES_MAX = 30
const FAILURES_WINDOW_MS = 60_000

/**
 * The bus as the asking machine reaches it: when we know it only by loopback, it is where this master
 * was found.
 */
export function reachableUrl(natsUrl: string, askedAt: string): string {
  const isLoopback = /^((?:nats|tls):\/\/)(?:127\.0\.0\.1|localhost|\[::1\])(:\d+)$/.exec(natsUrl)
  const [, scheme = '', port = ''] = isLoopback ?? []
  return isLoopback === null || askedAt === '' ? natsUrl : `${scheme}${askedAt}${port}`
}

async function enrol(body: JoinRequest, deps: JoinDeps): Promise<JoinReply> {
  const token = acceptedToken(body, deps)
  const identity = identityFrom(body, deps)
  const used: JoinToken = { ...token, usesLeft: token.usesLeft - 1 }
  const drafts: DecisionDraft[] = [used, identity].map((decision) => ({
    key: decisionKey(decision, deps.digest),
    decision,
  }))
  // The use is spent first: if the second write fails, a token too few is better than one too many.
  await deps.writer.write(drafts)
  const { role, id, name } = identity
  deps.log.info({ role, id, name, joinToken: token.id }, 'identity enrolled')
  const natsUser = deps.natsUser(identity)
  return {
    site: deps.site,
    id,
    natsUrl: deps.natsUrl,
    masters: mastersOf(deps),
    ...(natsUser !== undefined && { natsUser }),
  }
}

/** @throws RoadsteadError `token-refused`, the same for every cause, so that nothing can be tried out */
function acceptedToken(body: JoinRequest, deps: JoinDeps): JoinToken {
  const [, id = '', secret = ''] = /^rsj_([0-9a-f]{16})_([\w-]+)$/.exec(body.token) ?? []
  const token = deps.decisions().get(`d.join-token.${id}`)
  const hash = token?.kind === 'join-token' ? token.hash : deps.secretHash('nobody has this token')
  const isSame = deps.sameSecret(hash, deps.secretHash(secret))
  if (!isSame || token?.kind !== 'join-token') throw new RoadsteadError('token-refused')
  const isFresh = Date.parse(token.expiresAt) > deps.clock.wallMs()
  if (!isFresh || token.usesLeft < 1 || token.role !== body.role) {
    throw new RoadsteadError('token-refused')
  }
  return token
}

function identityFrom(body: JoinRequest, { decisions, clock }: JoinDeps): IdentityDecision {
  const publicKey = PublicKey.safeParse(body.publicKey)
  const id = { agent: HostId, edge: EdgeId, master: MasterId }[body.role].safeParse(body.id)
  if (!publicKey.success) throw new RoadsteadError('bad-input', { publicKey: 'not an nkey user' })
  if (!id.success)
    throw new RoadsteadError('bad-input', { id: 'must be 1 to 48 of a-z, 0-9, - and _' })
  const known = decisions().get(`d.identity.${body.role}.${body.id}`)
  const isTaken = known?.kind === 'identity' && known.publicKey !== publicKey.data
  if (isTaken) throw new RoadsteadError('bad-input', { id: 'enrolled already with another key' })
  return {
    kind: 'identity',
    role: body.role,
    id: id.data,
    publicKey: publicKey.data,
    name: body.name,
    revoked: false,
    since: new Date(clock.wallMs()).toISOString(),
  }
}

/** Whoever may lead one day: a newcomer that did not know it would refuse its tables. */
function mastersOf({ decisions, masters }: JoinDeps): string[] {
  const decided = [...decisions().values()]
    .filter((each) => each.kind === 'identity')
    .filter(({ role }) => role === 'master')
  const keys = new Set([...masters, ...decided.map(({ publicKey }) => publicKey)])
  for (const { publicKey, revoked } of decided) if (revoked) keys.delete(publicKey)
  return [...keys]
}
