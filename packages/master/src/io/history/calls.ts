import type { DatabaseSync } from 'node:sqlite'
import type { Moment } from '../../core/history/moment.ts'
import type { Note, Place } from '../../core/history/note.ts'
import type { AuditView, EventView } from '@roadstead/shared/protocol/http-events.ts'
import { replyTo, type Step, type Stepped, stepRound, type Told } from './exchange.ts'
import { type HistoryPage, type HistoryQuery, readAudit, readChanges } from './page.ts'
import { readMoment } from './moment.ts'
import { begins, bytesUsed, retain, type Retained, type Retention, type Sweep } from './retain.ts'
import { openDatabase } from './schema.ts'
import { isBroken, troubleText } from './trouble.ts'
import { HistoryWriter, readPlace } from './writer.ts'

/** What may be asked of the log, wherever it runs. */
export type HistoryCall =
  | { readonly do: 'open'; readonly nowMs: number }
  | { readonly do: 'write'; readonly notes: readonly Note[]; readonly nowMs: number }
  | {
      readonly do: 'lose'
      readonly sinceMs: number
      readonly untilMs: number
      readonly changes: number
    }
  | { readonly do: 'retain'; readonly wanted: Retention; readonly sweep?: Sweep }
  | { readonly do: 'changes'; readonly query: HistoryQuery }
  | { readonly do: 'audit'; readonly query: HistoryQuery }
  | { readonly do: 'moment'; readonly subject: string; readonly atMs: number }
  | { readonly do: 'tell'; readonly told: Told }
  | { readonly do: 'exchange'; readonly step: Step }
  | { readonly do: 'close'; readonly nowMs: number }

export type HistoryAnswer =
  | {
      readonly did: 'open'
      readonly beginsMs: number
      /** How far the events of agents have been noted. */
      readonly read: Place
      readonly setAside?: { readonly path: string; readonly why: string }
    }
  | { readonly did: 'write' }
  | { readonly did: 'lose' }
  | { readonly did: 'close' }
  | {
      readonly did: 'retain'
      readonly retained: Retained
      readonly bytes: number
      readonly beginsMs: number
    }
  | { readonly did: 'changes'; readonly page: HistoryPage<EventView> }
  | { readonly did: 'audit'; readonly page: HistoryPage<AuditView> }
  | { readonly did: 'moment'; readonly moment: Moment }
  | { readonly did: 'tell'; readonly reply: string }
  | { readonly did: 'exchange'; readonly stepped: Stepped; readonly beginsMs: number }
  | { readonly did: 'fail'; readonly why: string }

/** The stream of events of agents, as the log names it. */
export const EVENTS = 'events'

/** Does what is asked, at once, with one database after the other. */
export function historyCalls(path: string, instance: string): (call: HistoryCall) => HistoryAnswer {
  let open: { readonly db: DatabaseSync; readonly writer: HistoryWriter } | undefined
  return (call) => {
    try {
      return answer(call)
    } catch (error) {
      // Another one is begun at the next opening, which looks at what is there.
      if (isBroken(error)) close()
      return { did: 'fail', why: troubleText(error) }
    }
  }

  function answer(call: HistoryCall): HistoryAnswer {
    if (call.do === 'open') return begin(call.nowMs)
    if (open === undefined) return { did: 'fail', why: 'the change log is not open' }
    const { db, writer } = open
    switch (call.do) {
      case 'write':
        writer.write(call.notes, call.nowMs)
        return { did: 'write' }
      case 'lose':
        writer.lose(call.sinceMs, call.untilMs, call.changes)
        return { did: 'lose' }
      case 'retain': {
        const retained = retain(db, call.wanted, call.sweep)
        return { did: 'retain', retained, bytes: bytesUsed(db), beginsMs: begins(db) }
      }
      case 'changes':
        return { did: 'changes', page: readChanges(db, call.query) }
      case 'audit':
        return { did: 'audit', page: readAudit(db, call.query) }
      case 'moment':
        return { did: 'moment', moment: readMoment(db, call.subject, call.atMs) }
      case 'tell':
        return { did: 'tell', reply: replyTo(db, call.told) }
      case 'exchange': {
        const stepped = stepRound(db, writer, call.step)
        return { did: 'exchange', stepped, beginsMs: begins(db) }
      }
      case 'close':
        writer.end(call.nowMs)
        close()
        return { did: 'close' }
    }
  }

  function begin(nowMs: number): HistoryAnswer {
    close()
    const { db, setAside } = openDatabase(path, nowMs)
    open = { db, writer: new HistoryWriter(db, instance, nowMs) }
    const read = { stream: EVENTS, ...readPlace(db, EVENTS) }
    const aside = setAside === undefined ? {} : { setAside }
    return { did: 'open', beginsMs: begins(db), read, ...aside }
  }

  function close(): void {
    const { db } = open ?? {}
    open = undefined
    db?.close()
  }
}
