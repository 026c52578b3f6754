import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { Explanation } from '@roadstead/shared/protocol/http.ts'
import type { EventPage, EventView, HistoryView } from '@roadstead/shared/protocol/http-events.ts'
import type { PastCursor } from '@roadstead/shared/protocol/past.ts'
import type { HistoryAsked, HistorySource } from './api/routes/events.ts'
import { explainAt } from './core/history/explain-at.ts'
import type { EventRing } from './event-ring.ts'
import type { History } from './io/history/history.ts'
import type { HistoryDesk } from './loops/history-desk.ts'

export interface HistoryReaderDeps {
  readonly history: Pick<History, 'changes' | 'audit' | 'moment'>
  readonly desk: Pick<HistoryDesk, 'status' | 'lost'>
  readonly events: EventRing
  readonly clock: Pick<Clock, 'wallMs'>
}

/**
 * What people read of the past. While the disk does not take what is new, that is in memory only: then
 * the list begins with what this master remembers, and goes on with what had been written before.
 */
export function createHistoryReader(deps: HistoryReaderDeps): HistorySource {
  const { desk, history } = deps
  const log = (): HistoryView => viewOf(desk)
  return {
    status: log,
    changes: async (asked) => {
      if (desk.status.state !== 'written' && asked.before === undefined)
        return remembered(deps, asked)
      const answer = await history.changes({ query: asked })
      if (answer.did === 'fail') return remembered(deps, asked)
      const { items, next } = answer.page
      return pageOf([...items], next, log())
    },
    audit: async (asked) => {
      const answer = await history.audit({ query: asked })
      if (answer.did === 'fail') throw new RoadsteadError('log-unreadable', { why: answer.why })
      const { items, next } = answer.page
      return pageOf([...items], next, log())
    },
    explainAt: (subject, atMs) => explained(subject, atMs, deps),
  }
}

function viewOf({ lost, status }: HistoryReaderDeps['desk']): HistoryView {
  const { beginsMs, state, why } = status
  const begins = beginsMs === undefined ? {} : { begins: new Date(beginsMs).toISOString() }
  return { state, ...(why !== undefined && { why }), ...begins, lost }
}

function pageOf<Item>(
  items: Item[],
  next: PastCursor | undefined,
  log: HistoryView,
): { items: Item[]; total: number; next?: string; log: HistoryView } {
  const more = next === undefined ? {} : { next: `${next.atMs}.${next.seq}.${next.hash}` }
  return { items, total: items.length, ...more, log }
}

/** From memory; what is older may be on the disk all the same. */
function remembered({ desk, events }: HistoryReaderDeps, asked: HistoryAsked): EventPage {
  const kept = events.after(0, Number.MAX_SAFE_INTEGER)
  const items = kept.filter((event) => isAskedFor(event, asked)).slice(-asked.limit)
  const oldest = items[0] ?? kept[0]
  const next = oldest === undefined ? undefined : { atMs: Date.parse(oldest.at), seq: 0, hash: 0 }
  return pageOf(items, asked.before === undefined ? next : undefined, viewOf(desk))
}

function isAskedFor(event: EventView, asked: HistoryAsked): boolean {
  const { before, container, host, kinds, sinceMs = 0, untilMs = Number.MAX_SAFE_INTEGER } = asked
  const atMs = Date.parse(event.at)
  const isThen = atMs >= sinceMs && atMs < Math.min(untilMs, before?.atMs ?? untilMs)
  const isThere = host === undefined || event.host === host || event.hostName === host
  const isOfKind = kinds === undefined || kinds.includes(event.kind)
  return isThen && isThere && isOfKind && (container === undefined || isAbout(event, container))
}

function isAbout(event: EventView, container: string): boolean {
  const { container: id, host, hostName, subject } = event
  if (id === undefined) return false
  const names = [subject, `${hostName}/${subject}`, `${host}/${subject}`]
  return names.includes(container) || id.startsWith(container)
}

async function explained(
  subject: string,
  atMs: number,
  { clock, desk, history }: HistoryReaderDeps,
): Promise<Explanation | undefined> {
  const at = new Date(atMs).toISOString()
  if (atMs > clock.wallMs()) throw new RoadsteadError('bad-input', { at: 'is in the future' })
  const answer = await history.moment({ subject, atMs })
  if (answer.did === 'fail') throw new RoadsteadError('log-unreadable', { why: answer.why })
  const { moment } = answer
  const found = explainAt(subject, moment)
  const begins = new Date(moment.beginsMs).toISOString()
  switch (found.kind) {
    case 'explained': {
      const { asOf, ...explanation } = found.explanation
      if (asOf === undefined) return explanation
      const limits = [...asOf.limits, ...unwritten(desk)]
      return { ...explanation, asOf: { ...asOf, limits } }
    }
    case 'before-log':
      throw new RoadsteadError('before-log', { at, begins })
    case 'ambiguous':
      throw new RoadsteadError('ambiguous-name', { containers: found.names })
    case 'unknown':
      if (atMs < moment.beginsMs) throw new RoadsteadError('before-log', { at, begins })
      return undefined
  }
}

function unwritten({ status }: HistoryReaderDeps['desk']): string[] {
  if (status.state !== 'memory') return []
  return [
    `The change log cannot be written now (${status.why ?? ''}); the last changes are missing.`,
  ]
}
