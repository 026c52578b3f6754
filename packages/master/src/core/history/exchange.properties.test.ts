import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MasterId } from '@roadstead/shared/kernel/ids.ts'
import type {
  PastAsk,
  PastChange,
  PastReply,
  PastSpan,
  PastSum,
  PastTold,
} from '@roadstead/shared/protocol/past.ts'
import { beginRound, heard, nextQuestion, piecesOf } from './exchange.ts'
import { changeCursor, changeHash, HASH_END, isBefore } from './row-hash.ts'

/**
 * Logs as sets of rows, without any database: whatever each of two masters heard, and whatever gets lost,
 * comes twice or is garbled on the way, both have all of it in the end, but for what is too old.
 */
type Log = Map<string, PastChange>

const [ONE, TWO] = [MasterId.parse('m1'), MasterId.parse('m2')]
const NOW = 1_000_000
/** In the model a page is smaller than in life, so that few rows need many. */
const PAGE = 3

const change = fc
  .record({ at: fc.integer({ min: 0, max: NOW - 1 }), seq: fc.integer({ min: 0, max: 9 }) })
  .map(({ at, seq }) => rowAt(at, seq))

function rowAt(atMs: number, seq: number): PastChange {
  const about = { stream: 'host h1', kind: 'engine', key: 'k', host: 'h1', name: '' } as const
  return { ...about, incarnation: atMs, seq, atMs, cause: '', body: '{}', among: false }
}

const keyOf = ({ incarnation, seq }: PastChange): string => `${incarnation}.${seq}`
const logOf = (rows: readonly PastChange[]): Log => new Map(rows.map((row) => [keyOf(row), row]))

function within(log: Log, { fromMs, of, toMs }: PastSpan): PastChange[] {
  const rows = [...log.values()].filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
  return of === 'audit' ? [] : rows
}

function sumIn(log: Log): (span: PastSpan) => PastSum {
  return (span) => {
    const rows = within(log, span)
    const sum = rows.reduce((total, row) => (total + changeHash(row)) % HASH_END, 0)
    return { rows: rows.length, sum }
  }
}

function told(log: Log, ask: PastAsk, horizonMs: number): PastTold {
  switch (ask.kind) {
    case 'hello':
      return { kind: 'hello', horizonMs, lives: [] }
    case 'sums':
      return { kind: 'sums', sums: piecesOf(ask.span, ask.pieces).map(sumIn(log)) }
    case 'rows': {
      const { after } = ask
      const rows = within(log, ask.span)
        .filter((row) => after === undefined || isBefore(after, changeCursor(row)))
        .sort((a, b) => (isBefore(changeCursor(a), changeCursor(b)) ? -1 : 1))
      const changes = rows.slice(0, PAGE)
      const last = changes.at(-1)
      const next = rows.length > PAGE && last !== undefined ? { next: changeCursor(last) } : {}
      return { kind: 'rows', changes, audit: [], ...next }
    }
  }
}

/** What becomes of an answer on its way. */
const Fate = fc.constantFrom('arrives', 'arrives', 'arrives', 'lost', 'repeated', 'other', 'short')
type Fate = typeof Fate extends fc.Arbitrary<infer Each> ? Each : never

/** One round of `own` with a peer; what is lost ends it. Says how many questions that took. */
function round(
  own: Log,
  peer: Log,
  horizons: readonly [number, number],
  fates: Iterator<Fate>,
): number {
  const [horizonMs, theirs] = horizons
  let at = beginRound({ self: ONE, except: [], horizonMs, fromMs: 0, toMs: NOW, left: 500 })
  for (let asked = 0; ; asked += 1) {
    const question = nextQuestion(at)
    if (question === undefined) return asked
    const answer: PastReply = { v: 1, master: TWO, told: told(peer, question.ask, theirs) }
    const fate = fates.next().value ?? 'arrives'
    if (fate === 'lost') return asked
    const next = heard(at, garbled(answer, fate), sumIn(own))
    if (next.kind === 'broken') return asked
    for (const row of next.changes) own.set(keyOf(row), row)
    at = next.round
    if (fate === 'repeated') heard(at, answer, sumIn(own))
  }
}

function garbled(reply: PastReply, fate: Fate): PastReply {
  if (fate === 'other') return { ...reply, told: { kind: 'sums', sums: [] } }
  if (fate !== 'short' || reply.told.kind !== 'sums') return reply
  return { ...reply, told: { kind: 'sums', sums: reply.told.sums.slice(1) } }
}

const none: Iterator<Fate> = [].values()

test('whatever is lost, repeated or garbled, two logs come to hold what either had', () => {
  const rows = fc.array(change, { maxLength: 60 })
  fc.assert(
    fc.property(rows, rows, rows, fc.array(Fate), (shared, only, others, fates) => {
      const [one, two] = [logOf([...shared, ...only]), logOf([...shared, ...others])]
      const all = new Set([...one.keys(), ...two.keys()])
      const fate = fates.values()
      for (let times = 0; times < fates.length; times += 1) {
        round(one, two, [0, 0], fate)
        round(two, one, [0, 0], fate)
      }
      round(one, two, [0, 0], none)
      round(two, one, [0, 0], none)
      assert.deepEqual(new Set(one.keys()), all)
      assert.deepEqual(new Set(two.keys()), all)
    }),
    { numRuns: 200 },
  )
})

test('two logs that are the same find that out with a question for each range', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (rows) => {
      const asked = round(logOf(rows), logOf(rows), [500_000, 0], none)
      assert.equal(asked, 1 + 3)
    }),
  )
})

test('few rows in which logs differ cost few questions, however much they share', () => {
  const shared = Array.from({ length: 5_000 }, (_, at) => ({
    ...rowAt(at * 200, 1),
    incarnation: at,
  }))
  const missing = shared[2_500]
  assert.ok(missing !== undefined)
  const own = logOf(shared.filter((row) => row !== missing))
  const asked = round(own, logOf(shared), [0, 0], none)
  assert.ok(own.has(keyOf(missing)))
  assert.ok(asked <= 60, `${asked} questions`)
})

test('what is before the horizon of either is asked for apart, and what is later all the same', () => {
  const start = beginRound({
    self: ONE,
    except: [],
    horizonMs: 300,
    fromMs: 0,
    toMs: NOW,
    left: 9,
  })
  const hello: PastReply = { v: 1, master: TWO, told: { kind: 'hello', horizonMs: 700, lives: [] } }
  const greeted = heard(start, hello, () => ({ rows: 0, sum: 0 }))
  assert.ok(greeted.kind === 'on')
  const spans = greeted.round.asks.map((ask) => (ask.kind === 'sums' ? ask.span : undefined))
  assert.deepEqual(
    spans.map((span) => [span?.of, span?.fromMs, span?.toMs, span?.horizonMs]),
    [
      ['changes', 0, 700, 700],
      ['audit', 700, NOW, 700],
      ['changes', 700, NOW, 700],
    ],
  )
})

test('a peer that claims ever more, goes back, or has our name ends the round', () => {
  const span: PastSpan = { of: 'changes', fromMs: 0, toMs: 100, horizonMs: 0 }
  const row = rowAt(50, 5)
  const begun = beginRound({ self: ONE, except: [], horizonMs: 0, fromMs: 0, toMs: 100, left: 9 })
  const at = { ...begun, asks: [{ kind: 'rows', span, after: changeCursor(row) } as const] }
  const say = (changes: PastChange[], next = changeCursor(row), master = TWO): string =>
    heard(at, { v: 1, master, told: { kind: 'rows', changes, audit: [], next } }, () => ({
      rows: 0,
      sum: 0,
    })).kind
  const later = { ...row, atMs: 60 }
  assert.equal(say([later], changeCursor(later)), 'on')
  assert.equal(say([row]), 'broken')
  assert.equal(say([], changeCursor(later)), 'on')
  assert.equal(say([{ ...row, atMs: 200 }], changeCursor(later)), 'broken')
  assert.equal(say([later], changeCursor(later), ONE), 'broken')
  assert.equal(nextQuestion({ ...at, left: 0 }), undefined)
})
