import assert from 'node:assert/strict'
import { MasterId } from '@roadstead/shared/kernel/ids.ts'
import type { PastAsk } from '@roadstead/shared/protocol/past.ts'
import { beginRound } from '../core/history/exchange.ts'
import type { Note } from '../core/history/note.ts'
import { replyTo, type Stepped, stepRound } from '../io/history/exchange.ts'
import { openDatabase } from '../io/history/schema.ts'
import { HistoryWriter } from '../io/history/writer.ts'

/** A change log in memory that can be asked, and ask another one, without any bus between. */
export function logOnTrial(instance: string, horizonMs = 0, path = ':memory:') {
  const { db } = openDatabase(path, 0)
  const writer = new HistoryWriter(db, instance, 1)
  const self = MasterId.parse(instance)
  return {
    db,
    writer,
    self,
    horizonMs,
    write: (notes: readonly Note[]) => writer.write(notes, 1),
    tell: (ask: PastAsk): string => replyTo(db, { ask, self, horizonMs }),
    /** As any log has them, whatever was stored when. */
    rows: () =>
      db
        .prepare(
          `SELECT t.stream, t.kind, t.key, t.name, c.incarnation, c.seq, c.at, c.cause, c.body,
           c.quiet, c.among, c.hash FROM change c JOIN thing t ON t.id = c.thing
           ORDER BY t.stream, t.kind, t.key, c.incarnation, c.seq`,
        )
        .all()
        .map((row): Record<string, unknown> => ({ ...row })),
    [Symbol.dispose]: () => db.close(),
  }
}

export type LogOnTrial = ReturnType<typeof logOnTrial>

export const FAR_MS = 6_000_000

/** One round in which `log` asks `peer`, whose answers may be changed on their way. */
export function onceFrom(
  log: LogOnTrial,
  peer: LogOnTrial,
  onTheWay: (reply: string, asked: number) => string = (reply) => reply,
  { bytesMax = 2 ** 40, fromMs = 0 } = {},
): {
  readonly rows: number
  readonly unread: number
  readonly asked: number
  readonly end: Stepped
} {
  const { db, horizonMs, self, writer } = log
  const begun = { self, except: [], horizonMs, fromMs, toMs: FAR_MS, left: 1_000 }
  let stepped = stepRound(db, writer, { round: beginRound(begun), bytesMax })
  let [rows, unread, asked] = [0, 0, 0]
  while (stepped.kind === 'ask') {
    assert.ok(asked < 2_000, 'a round ends')
    const reply = onTheWay(peer.tell(stepped.question.ask), asked)
    asked += 1
    stepped = stepRound(db, writer, { round: stepped.round, reply, bytesMax })
    if (stepped.kind === 'broken') break
    rows += stepped.rows
    unread += stepped.unread
  }
  return { rows, unread, asked, end: stepped }
}
