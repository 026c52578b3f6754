import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import { CONTROL, type Place, type StateNote, type Thing, timeOf } from './note.ts'
import { type Picture, words } from './picture.ts'

/** One word of the control stream about a decision. */
export interface DecisionWord {
  readonly key: string
  /** Absent: it was taken back. */
  readonly decision: Decision | undefined
  readonly born: number
  readonly seq: number
}

/**
 * A decision that was written or taken back, as a note; undefined for what is a part of another one.
 * When it was is in the decision, or, for one that is taken back, the moment at which that was heard.
 */
export function noteOfDecision(word: DecisionWord, nowMs: number, why = ''): StateNote | undefined {
  const { born, decision, key, seq } = word
  const kind = key.split('.')[1] ?? ''
  if (PARTS.has(kind)) return undefined
  const place: Place = { stream: CONTROL, incarnation: born, seq }
  const about = { kind: 'state', place, among: false } as const
  const eventKind: Thing['kind'] = KINDS.get(kind) ?? 'decision'
  if (decision === undefined) {
    const thing: Thing = { kind: eventKind, key, host: '', name: '' }
    return { ...about, thing, atMs: timeOf(nowMs), cause: why || 'taken back', body: null }
  }
  const sketch = sketchOf(decision)
  if (sketch === undefined) return undefined
  const { by, name, picture, since, host = '' } = sketch
  const atMs = Date.parse(since)
  return {
    ...about,
    thing: { kind: eventKind, key, host, name },
    atMs: timeOf(Number.isNaN(atMs) ? nowMs : atMs),
    cause: why || (by === undefined ? JUDGED : `by ${by || 'somebody'}`),
    body: JSON.stringify(words(picture)),
  }
}

const JUDGED = 'the leader judged so'
const PARTS: ReadonlySet<string> = new Set(['run', 'run-members', 'run-log'])
const KINDS: ReadonlyMap<string, 'host'> = new Map([['presence', 'host']])

interface Sketch {
  readonly name: string
  readonly picture: Picture
  /** Who asked for it; absent: the leader came to it by itself. */
  readonly by?: string
  readonly since: string
  readonly host?: string
}

/** What people may know of it: no hash of a secret, and no text of a document. */
function sketchOf(decision: Decision): Sketch | undefined {
  switch (decision.kind) {
    case 'presence': {
      const { host, presence, since } = decision
      return { name: host, host, since, picture: { presence } }
    }
    case 'claim': {
      const { canary, container, domain, host, path, service, since } = decision
      const share = canary === undefined ? '' : `${canary.service} ${canary.percent} %`
      const picture = { service, container, canary: share }
      return { name: `${domain}${path}`, host, since, picture }
    }
    case 'drain': {
      const { by, container = '', host, run = '', since, why } = decision
      return { name: container || host, host, since, by, picture: { container, by, why, run } }
    }
    case 'flapping': {
      const { calmMs, container, falls, host, since } = decision
      const picture = { container, falls: String(falls), calmMs: String(calmMs) }
      return { name: container, host, since, picture }
    }
    case 'freeze': {
      const { confirmedBy, hosts, since } = decision
      const picture = { hosts: String(hosts.length), 'confirmed by': confirmedBy ?? '' }
      const by = confirmedBy === undefined ? {} : { by: confirmedBy }
      return { name: 'site', since, picture, ...by }
    }
    case 'policy': {
      const { by, digest, since } = decision
      return { name: 'policy', since, by, picture: { by, digest: digest.slice(0, SHORT) } }
    }
    case 'identity': {
      const { id, name, revoked, role, since } = decision
      const picture = { role, id, name, revoked: revoked ? 'yes' : '' }
      return { name: name || id, since, by: 'a join token', picture }
    }
    default:
      return sketchOfKept(decision)
  }
}

type Kept = Extract<Decision, { kind: 'object' | 'join-token' | 'api-token' }>
type Part = Extract<Decision, { kind: 'run' | 'run-members' | 'run-log' }>

function sketchOfKept(decision: Kept | Part): Sketch | undefined {
  switch (decision.kind) {
    case 'object': {
      const { by, facts, name, since, version } = decision
      return { name, since, by, picture: { kind: facts.object, version: String(version), by } }
    }
    case 'join-token': {
      const { by, expiresAt, id, role, since, usesLeft } = decision
      const picture = { role, by, 'uses left': String(usesLeft), expires: expiresAt }
      return { name: id, since, by, picture }
    }
    case 'api-token': {
      const { by, expiresAt = '', id, note, role, since } = decision
      return { name: note || id, since, by, picture: { role, id, by, expires: expiresAt } }
    }
    case 'run':
    case 'run-members':
    case 'run-log':
      return undefined
    default:
      return unreachable(decision)
  }
}

const SHORT = 12
