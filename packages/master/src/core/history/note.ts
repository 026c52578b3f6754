import type { AuditView, EventKind } from '@roadstead/shared/protocol/http-events.ts'

/**
 * Where a statement stands among all that its speaker ever said: the same on every master that hears
 * it, however often and in whatever order. For what an agent says the stream is its host, the
 * incarnation its boot and the sequence its count; for decisions they are those of the control stream.
 */
export interface Place {
  readonly stream: string
  readonly incarnation: number
  readonly seq: number
}

/**
 * What masters conclude is told by the one that leads: the incarnation is the epoch in which it led. The
 * sequence is not there yet: the change log counts it.
 */
export interface OwnPlace {
  readonly stream: 'master'
  readonly incarnation: number
}

export function ownPlace(epoch: number): OwnPlace {
  return { stream: 'master', incarnation: epoch }
}

export type PlaceOrOwn = Place | OwnPlace

/** What a change is about, within its stream. */
export interface Thing {
  readonly kind: EventKind
  /** A container's id, a network's id, the key of a decision. */
  readonly key: string
  readonly host: string
  readonly name: string
}

interface Told {
  readonly place: PlaceOrOwn
  /** By the clock of whoever said it; for people. */
  readonly atMs: number
  /** What led to it, in words. */
  readonly cause: string
}

/**
 * How a thing looks from here on; `null`: it is gone. State and not difference, so that nothing depends
 * on what was heard before; differences are taken when somebody reads.
 */
export interface StateNote extends Told {
  readonly kind: 'state'
  readonly thing: Thing
  readonly body: string | null
  /** One of many that were told together: it is news only if it looks different than before. */
  readonly among: boolean
  /** Names under which it may be looked for later. */
  readonly domains?: readonly string[]
}

/** All things of a kind that there are: every other one of the same stream is gone. */
export interface WholeNote extends Told {
  readonly kind: 'whole'
  readonly of: EventKind
  readonly keys: readonly string[]
}

/** Something that happened and is not the state of anything; never compared. */
export interface LineNote extends Told {
  readonly kind: 'line'
  readonly thing: Thing
  readonly body: string
}

export interface AuditNote {
  readonly kind: 'audit'
  readonly atMs: number
  readonly entry: Omit<AuditView, 'at'>
}

/** Everything of that stream up to here has been noted before. */
export interface ReadNote {
  readonly kind: 'read'
  readonly place: Place
}

export type Note = StateNote | WholeNote | LineNote | AuditNote | ReadNote

/** Times come from other machines; what no calendar has is no time. */
export function timeOf(ms: number): number {
  return Number.isFinite(ms) ? Math.min(Math.max(0, Math.round(ms)), LAST_MS) : 0
}

/** The last moment that a date can name. */
const LAST_MS = 8.64e15

/** Decisions, all masters' common ones. */
export const CONTROL = 'control'

export function hostStream(host: string): string {
  return `host ${host}`
}
