import { z } from 'zod'
import { ContainerId, EdgeId, HostId, MasterId, PublicKey } from '../kernel/ids.ts'
import type { Digest } from '../kernel/digest.ts'
import { unreachable } from '../kernel/invariant.ts'
import { PolicyDigest, POLICY_CHARACTERS_MAX } from './policy.ts'
import { ObjectFacts, ObjectVersion, Sealed } from './kept-object.ts'
import { PathPattern, PathMatch, RouteSubject, ServiceKey } from './route.ts'
import { routeKey } from './route-key.ts'
import { ObjectName, Percent, Priority, RouteCondition, RouteSettings } from './route-settings.ts'
import {
  RUN_CHUNK_LINES,
  RUN_CHUNKS_MAX,
  RUN_MEMBERS_MAX,
  RunId,
  RunLogLine,
  RunRecord,
  RunSeat,
} from './run.ts'
import { Presence } from './presence.ts'

/** Longer, and visitors' own patience ends first. */
export const HOLD_MS_MAX = 10_000

const Since = z.string().max(40)

export const Role = z.enum(['viewer', 'operator', 'admin'])
export type Role = z.infer<typeof Role>

/** What a process may be enrolled as. */
export const IdentityRole = z.enum(['agent', 'edge', 'master'])
export type IdentityRole = z.infer<typeof IdentityRole>

/**
 * What the leader concluded from time, checks or a person. Every master folds them; nothing else that
 * depends on time or on who leads enters `derive`. One key holds one decision; writing the key
 * again replaces it, deleting it takes it back.
 */
export const Decision = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('presence'), host: HostId, presence: Presence, since: Since }),
  z.object({
    kind: z.literal('claim'),
    /** A stream has a port of the edges here, and the path `/`. */
    domain: RouteSubject,
    path: PathPattern,
    match: PathMatch,
    service: ServiceKey,
    host: HostId,
    container: ContainerId,
    /** Compose project of the container, by which the policy may grant the name. */
    project: z.string().max(256).optional(),
    /** For so long requests wait for the next endpoint while there is none; absent: not at all. */
    holdMs: z.int().min(0).max(HOLD_MS_MAX).optional(),
    /** How the service wants the path, for as long as the route outlives its containers. */
    stripPrefix: z.boolean().optional(),
    /** Part of what makes it that route. */
    when: RouteCondition.optional(),
    priority: Priority.optional(),
    settings: RouteSettings.optional(),
    /** Another service that may have a share, as long as it asks for the route too. */
    canary: z.object({ service: ServiceKey, percent: Percent }).optional(),
    since: Since,
  }),
  z.object({
    kind: z.literal('drain'),
    host: HostId,
    /** Absent: everything on the host. */
    container: ContainerId.optional(),
    by: z.string().max(128),
    why: z.string().max(256),
    /** The run that drained it, and takes it back; absent: a person has to. */
    run: RunId.optional(),
    since: Since,
  }),
  z.object({ kind: z.literal('run'), run: RunRecord }),
  /** Whom a long run is about; written before its record. */
  z.object({
    kind: z.literal('run-members'),
    run: RunId,
    members: z.array(RunSeat).max(RUN_MEMBERS_MAX),
    since: Since,
  }),
  /** What a long run said a while ago. So many chunks are kept, each in the place of an older one. */
  z.object({
    kind: z.literal('run-log'),
    run: RunId,
    chunk: z.int().nonnegative(),
    lines: z.array(RunLogLine).max(RUN_CHUNK_LINES),
    since: Since,
  }),
  /** It fell out of service again and again: it gets no requests until it has stayed up for a while. */
  z.object({
    kind: z.literal('flapping'),
    host: HostId,
    container: ContainerId,
    falls: z.int().positive(),
    /** It must be ready for so long without a break before it returns. */
    calmMs: z.int().positive(),
    since: Since,
  }),
  /** Too many hosts fell silent at once: none of them is taken for lost until it is lifted. */
  z.object({
    kind: z.literal('freeze'),
    hosts: z.array(HostId).max(10_000),
    since: Since,
    /** An operator confirmed the loss; the hosts named may be taken for lost. */
    confirmedBy: z.string().max(128).optional(),
  }),
  /** What an operator allows; the only one of its kind. */
  z.object({
    kind: z.literal('policy'),
    /** As it was written, for people. */
    text: z.string().max(POLICY_CHARACTERS_MAX),
    /** What the text says. */
    document: z.record(z.string(), z.json()),
    /** Of the text. */
    digest: PolicyDigest,
    /** Of the text that was last imported from the file of a master, whatever was applied since. */
    imported: PolicyDigest.optional(),
    by: z.string().max(128),
    since: Since,
  }),
  /** Users or a certificate that edges need: what is secret in it is sealed to the masters. */
  z.object({
    kind: z.literal('object'),
    name: ObjectName,
    version: ObjectVersion,
    facts: ObjectFacts,
    sealed: Sealed,
    by: z.string().max(128),
    since: Since,
  }),
  z.object({
    kind: z.literal('identity'),
    role: IdentityRole,
    id: z.union([HostId, EdgeId, MasterId]),
    publicKey: PublicKey,
    name: z.string().max(256),
    /** Taken back: the key is refused everywhere. */
    revoked: z.boolean(),
    since: Since,
  }),
  z.object({
    kind: z.literal('join-token'),
    id: z.string().regex(/^[0-9a-f]{16}$/),
    /** SHA-256 of the secret; the secret itself is shown once and kept nowhere. */
    hash: z.string().length(64),
    role: IdentityRole,
    usesLeft: z.int().nonnegative(),
    expiresAt: Since,
    by: z.string().max(128),
    since: Since,
  }),
  z.object({
    kind: z.literal('api-token'),
    id: z.string().regex(/^[0-9a-f]{16}$/),
    hash: z.string().length(64),
    role: Role,
    note: z.string().max(256),
    expiresAt: Since.optional(),
    by: z.string().max(128),
    since: Since,
  }),
])
export type Decision = z.infer<typeof Decision>

/** A decision as the control stream holds it: who wrote it, in which leadership. */
export const DecisionRecord = z.object({
  v: z.literal(1),
  epoch: z.int().positive(),
  decision: Decision,
})
export type DecisionRecord = z.infer<typeof DecisionRecord>

/** Where a decision is kept in the control stream: `d.<kind>.<subject>`. */
export function decisionKey(decision: Decision, digest: Digest): string {
  return `d.${decision.kind}.${subjectOf(decision, digest)}`
}

function subjectOf(decision: Decision, digest: Digest): string {
  switch (decision.kind) {
    case 'presence':
      return decision.host
    case 'claim':
      return digest(routeKey(decision)).slice(0, 32)
    case 'drain':
      return `${decision.host}.${decision.container ?? 'all'}`
    case 'flapping':
      return `${decision.host}.${decision.container}`
    case 'run':
      return decision.run.id
    case 'run-members':
      return decision.run
    case 'run-log':
      return `${decision.run}.${decision.chunk % RUN_CHUNKS_MAX}`
    case 'freeze':
    case 'policy':
      return 'site'
    case 'object':
      return `${decision.facts.object}.${decision.name}`
    case 'identity':
      return `${decision.role}.${decision.id}`
    case 'join-token':
    case 'api-token':
      return decision.id
    default:
      return unreachable(decision)
  }
}
