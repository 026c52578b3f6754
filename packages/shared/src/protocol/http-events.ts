import { z } from 'zod'
import { Role } from './decision.ts'

/** What a line of the list of events is about. */
export const EventKind = z.enum([
  /** What an engine said, as the agent passed it on. */
  'engine',
  /** What an agent did. */
  'agent',
  /** A host, a network or a container looks different than before. */
  'host',
  'network',
  'container',
  /** An image or a volume came, went, or has other names. */
  'image',
  'volume',
  /** What became of the routes that a container asks for. */
  'verdict',
  /** The leader wrote a decision, or took it back. */
  'decision',
  'run',
  'leader',
  'edge',
])
export type EventKind = z.infer<typeof EventKind>

export const EventView = z.object({
  /** Counts up in the live list of one life of a master, for `?after=`; 0 in the change log. */
  revision: z.int(),
  at: z.string(),
  kind: EventKind,
  host: z.string(),
  hostName: z.string(),
  /** Id of the container it is about. */
  container: z.string().optional(),
  /** Whose word it is: `engine`, `agent`, `master`, `edge`. */
  origin: z.enum(['engine', 'agent', 'master', 'edge']),
  /** For example `container start`, `host lost`, `table in force`. */
  what: z.string(),
  subject: z.string(),
  details: z.record(z.string(), z.string()),
  /** What led to it; only in the change log. */
  cause: z.string().optional(),
})
export type EventView = z.infer<typeof EventView>

/** Whether the change log is written, and how far back it reaches. */
export const HistoryView = z.object({
  /** `memory`: the disk does not take it; what is new is kept in memory until it does. */
  state: z.enum(['written', 'memory', 'opening']),
  why: z.string().optional(),
  /** Nothing before this is known. */
  begins: z.string().optional(),
  /** Changes that could not be kept, in this life of the master. */
  lost: z.int(),
})
export type HistoryView = z.infer<typeof HistoryView>

/** A part of the change log, oldest first. */
export const EventPage = z.object({
  items: z.array(EventView),
  total: z.int(),
  /** For `?before=`: what was before these; absent where nothing was. */
  next: z.string().optional(),
  log: HistoryView.optional(),
})
export type EventPage = z.infer<typeof EventPage>

/** What somebody asked of a master that changes something, and what came of it. */
export const AuditView = z.object({
  at: z.string(),
  /** Name of the token or of the session; `-` where nobody had signed in. */
  who: z.string(),
  role: Role.optional(),
  via: z.enum(['token', 'session', 'nobody']),
  /** Id of the API token, or of the token for joining. */
  token: z.string().optional(),
  /** Where the request came from. */
  from: z.string(),
  /** For example `POST /api/v1/drain`. */
  asked: z.string(),
  /** What was named in the request; never a secret, and never the text of a document. */
  about: z.record(z.string(), z.string()),
  outcome: z.enum(['done', 'refused', 'failed']),
  status: z.int(),
  /** Code of the error, where there was one. */
  code: z.string().optional(),
  tookMs: z.number(),
  /** Id of the master that was asked; absent in what was noted before they shared their entries. */
  master: z.string().optional(),
})
export type AuditView = z.infer<typeof AuditView>

export const AuditPage = z.object({
  items: z.array(AuditView),
  total: z.int(),
  next: z.string().optional(),
  log: HistoryView.optional(),
})
export type AuditPage = z.infer<typeof AuditPage>
