import { reasonTable } from '@roadstead/shared/protocol/reasons.ts'
import type { EventKind, EventView } from '@roadstead/shared/protocol/http-events.ts'
import type { KeptVerdict } from './judged.ts'
import type { Picture } from './picture.ts'

/** What happened and is the state of nothing: never compared with what was before. */
export const LINE_KINDS: ReadonlySet<EventKind> = new Set([
  'engine',
  'agent',
  'image',
  'volume',
  'edge',
  'leader',
  'run',
])

/** A change as it is stored, with how its thing looked before. */
export interface StoredChange {
  readonly kind: EventKind
  readonly key: string
  readonly host: string
  readonly hostName: string
  readonly name: string
  readonly atMs: number
  readonly cause: string
  readonly now: StoredBody
  /** Absent: nothing was known of it. */
  readonly before: StoredBody | undefined
}

export type StoredBody =
  | { readonly kind: 'gone' }
  | { readonly kind: 'picture'; readonly picture: Picture }
  | { readonly kind: 'verdicts'; readonly verdicts: readonly KeptVerdict[] }
  | { readonly kind: 'line'; readonly what: string; readonly details: Picture }

type Words = Pick<EventView, 'what' | 'subject' | 'details'>

/** A stored change in words, as the list of events has it. */
export function lineOf(change: StoredChange): EventView {
  const { atMs, cause, host, hostName, kind } = change
  const container = containerOf(change)
  return {
    revision: 0,
    at: new Date(atMs).toISOString(),
    kind,
    host,
    hostName,
    ...(container !== undefined && { container }),
    origin: ORIGINS[kind],
    ...wordsOf(change),
    ...(cause !== '' && { cause }),
  }
}

const ORIGINS: Record<EventKind, EventView['origin']> = {
  engine: 'engine',
  agent: 'agent',
  host: 'agent',
  network: 'agent',
  container: 'agent',
  image: 'agent',
  volume: 'agent',
  verdict: 'master',
  decision: 'master',
  run: 'master',
  leader: 'master',
  edge: 'edge',
}

export function containerOf({ key, kind }: Pick<StoredChange, 'key' | 'kind'>): string | undefined {
  const id = kind === 'verdict' ? key.slice(key.lastIndexOf(' ') + 1) : key
  const isContainer = kind === 'container' || kind === 'verdict' || kind === 'engine'
  return isContainer && !id.includes(' ') ? id : undefined
}

function wordsOf(change: StoredChange): Words {
  const { before, key, kind, name, now } = change
  const subject = name || key
  if (now.kind === 'line') return { what: now.what, subject, details: { ...now.details } }
  if (kind === 'verdict') return verdictWords(change)
  if (key.startsWith('d.')) return decisionWords(change)
  if (now.kind !== 'picture') return { what: `${kind} gone`, subject, details: {} }
  const was = before?.kind === 'picture' ? before.picture : undefined
  if (was === undefined) return { what: `${kind} found`, subject, details: short(now.picture) }
  return { what: `${kind} changed`, subject, details: differences(was, now.picture) }
}

/** Name by name: what it was, and what it is now. */
export function differences(before: Picture, now: Picture): Record<string, string> {
  const names = [...new Set([...Object.keys(now), ...Object.keys(before)])]
  return Object.fromEntries(
    names
      .filter((name) => before[name] !== now[name])
      .map((name) => [name, `${before[name] ?? '-'} → ${now[name] ?? '-'}`]),
  )
}

/** Of something that is new; the rest shows when it changes. */
function short({ health, image, os, engine, driver, state }: Picture): Record<string, string> {
  const all = { state, health, image, os, engine, driver }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
  )
}

function verdictWords({ before, name, now }: StoredChange): Words {
  const verdicts = now.kind === 'verdicts' ? now.verdicts : []
  const was = new Map(
    (before?.kind === 'verdicts' ? before.verdicts : []).map((it) => [routeOf(it), it.reason]),
  )
  const is = new Map(verdicts.map((it) => [routeOf(it), it.reason]))
  const details = Object.fromEntries(
    [...new Set([...is.keys(), ...was.keys()])]
      .filter((route) => is.get(route) !== was.get(route) || before === undefined)
      .map((route) => {
        const [old, present] = [was.get(route), is.get(route) ?? 'asks no more']
        return [route, old === undefined ? present : `${old} → ${present}`]
      }),
  )
  return { what: verdictWhat(verdicts), subject: name, details }
}

function verdictWhat(verdicts: readonly KeptVerdict[]): string {
  if (verdicts.length === 0) return 'asks for no route'
  const routed = verdicts.filter(({ reason }) => reasonTable[reason].state === 'routed').length
  if (routed === 0) return 'not routed'
  return routed === verdicts.length ? 'routed' : 'routed in part'
}

function routeOf({ domain, path, route }: KeptVerdict): string {
  return domain === undefined ? route : `${domain}${path ?? ''}`
}

/** In the words of the list that people watch. */
function decisionWords({ before, cause, host, hostName, key, name, now }: StoredChange): Words {
  const kind = key.split('.')[1] ?? ''
  const was = before?.kind === 'picture' ? before.picture : undefined
  const is = now.kind === 'picture' ? now.picture : undefined
  const subject = name === host && hostName !== '' ? hostName : name || key
  const details = { ...(is ?? was) }
  switch (kind) {
    case 'presence':
      return { what: `host ${is?.['presence'] ?? 'forgotten'}`, subject, details: wasIn(was) }
    case 'claim': {
      const why = cause.includes('policy') ? { why: cause } : {}
      if (is === undefined)
        return { what: 'claim dropped', subject, details: { ...details, ...why } }
      if (was === undefined) return { what: 'claim granted', subject, details }
      const isOther = was['service'] !== is['service']
      const what = isOther ? 'claim passed on' : 'claim changed'
      return { what, subject, details: { ...differences(was, is), ...why } }
    }
    case 'flapping':
      if (is === undefined) return { what: 'flapping over', subject, details }
      return { what: was === undefined ? 'flapping' : 'flapping again', subject, details }
    case 'object':
      return { what: is === undefined ? 'object removed' : 'object kept', subject, details }
    case 'policy':
      return { what: is === undefined ? 'policy taken back' : 'policy applied', subject, details }
    default: {
      const verb = was === undefined ? 'written' : 'changed'
      return { what: `${kind} ${is === undefined ? 'taken back' : verb}`, subject, details }
    }
  }
}

function wasIn(was: Picture | undefined): Record<string, string> {
  return was?.['presence'] === undefined ? {} : { was: was['presence'] }
}
