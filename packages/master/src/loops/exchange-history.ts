import type { Link, MasterBus } from '@roadstead/bus/ports.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { MasterId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { type PastQuestion, PEERS_MAX } from '@roadstead/shared/protocol/past.ts'
import { beginRound, type Round } from '../core/history/exchange.ts'
import type { HistoryDesk } from './history-desk.ts'

type Stepped =
  | {
      readonly kind: 'ask'
      readonly round: Round
      readonly question: PastQuestion
      readonly rows: number
      readonly unread: number
    }
  | {
      readonly kind: 'end'
      readonly round: Round
      readonly isWhole: boolean
      readonly rows: number
      readonly unread: number
    }
  | { readonly kind: 'broken'; readonly why: string }

export interface ExchangeHistoryDeps {
  readonly self: MasterId
  readonly bus: Pick<MasterBus, 'askPast'> & { readonly link: Pick<Link, 'connected'> }
  readonly history: {
    exchange(call: {
      readonly step: { readonly round: Round; readonly reply?: string; readonly bytesMax: number }
    }): Promise<
      | { readonly did: 'exchange'; readonly stepped: Stepped; readonly beginsMs: number }
      | { readonly did: 'fail'; readonly why: string }
    >
  }
  readonly desk: Pick<HistoryDesk, 'status' | 'waiting'>
  readonly keepMs: number
  readonly bytesMax: number
  readonly clock: Clock
  readonly log: Log
  readonly count: (key: 'historyFetched', labels: Record<never, string>, by: number) => void
}

/**
 * Fetches from the other masters what this one did not hear: all that is kept at the start, after a peer
 * was silent and now and then; otherwise what is recent. Texts are only carried: the thread of the log
 * reads them, says what to ask next, and has its own changes to write in between.
 */
export async function exchangeHistory(
  deps: ExchangeHistoryDeps,
  signal: AbortSignal,
): Promise<void> {
  const { bus, clock, desk } = deps
  let peers: readonly MasterId[] = []
  let wholeAtMs = 0
  const told: Trouble = { why: '', isUnread: false }
  while (!signal.aborted) {
    await clock.sleep(EVERY_MS, signal)
    if (desk.status.state !== 'written' || !bus.link.connected() || signal.aborted) continue
    const isDue = peers.length === 0 || clock.monoMs() >= wholeAtMs
    if (isDue) {
      peers = await withEveryone(deps, told, signal)
      wholeAtMs = clock.monoMs() + WHOLE_MS
    } else {
      const fromMs = clock.wallMs() - RECENT_MS
      for (const peer of peers) {
        const round = newRound(deps, { peer, fromMs, left: RECENT_MAX })
        const end = await carryOut(round, deps, told, signal)
        // Who knows what was missed: with the next answer all of it is compared.
        if (end.kind !== 'done') wholeAtMs = 0
      }
    }
  }
}

/** People who ask the other master see what was done here so much later, and nobody waits for it. */
const EVERY_MS = 2_000
/** What is on its way to either log is no difference yet. */
const LAG_MS = 1_000
const RECENT_MS = 10 * 60_000
const WHOLE_MS = 10 * 60_000
/** Some thousand rows; more than that is for a round over everything. */
const RECENT_MAX = 64
/** Four million rows. A round that needs more goes on with the next one. */
const QUESTIONS_MAX = 20_000

/** Those with whom all was exchanged, or nothing was left to be. */
async function withEveryone(
  deps: ExchangeHistoryDeps,
  told: Trouble,
  signal: AbortSignal,
): Promise<readonly MasterId[]> {
  const met: MasterId[] = []
  const whole: MasterId[] = []
  while (met.length < PEERS_MAX && !signal.aborted) {
    const round = newRound(deps, { fromMs: 0, left: QUESTIONS_MAX, except: met })
    const end = await carryOut(round, deps, told, signal)
    if (end.peer === undefined) break
    met.push(end.peer)
    if (end.kind === 'done') whole.push(end.peer)
  }
  return met.length === whole.length ? whole : []
}

function newRound(
  { clock, keepMs, self }: ExchangeHistoryDeps,
  about: Pick<Round, 'fromMs' | 'left'> & Partial<Pick<Round, 'except'>> & { peer?: MasterId },
): Round {
  const nowMs = clock.wallMs()
  const times = { toMs: Math.max(0, nowMs - LAG_MS), horizonMs: Math.max(0, nowMs - keepMs) }
  return beginRound({ self, except: [], ...times, ...about })
}

/** What was said last of a peer that cannot be understood: once is enough. */
interface Trouble {
  why: string
  /** Rows that cannot be kept: of a later version, or too long. */
  isUnread: boolean
}

interface End {
  readonly kind: 'done' | 'stopped'
  readonly peer: MasterId | undefined
}

async function carryOut(
  first: Round,
  deps: ExchangeHistoryDeps,
  told: Trouble,
  signal: AbortSignal,
): Promise<End> {
  const { bytesMax, clock, desk, history, log } = deps
  let round = first
  let reply: string | undefined
  let fetched = 0
  for (;;) {
    const { peer } = round
    const step = { round, bytesMax, ...(reply !== undefined && { reply }) }
    const answer = await history.exchange({ step })
    if (answer.did === 'fail') return { kind: 'stopped', peer }
    const { stepped } = answer
    if (stepped.kind === 'broken') {
      const { why } = stepped
      if (why !== told.why)
        log.warn({ peer, why }, 'another master told nothing usable of the past')
      told.why = why
      return { kind: 'stopped', peer }
    }
    if (stepped.unread > 0 && !told.isUnread) {
      told.isUnread = true
      const { unread } = stepped
      log.warn({ peer, unread }, 'another master told changes that this version cannot keep')
    }
    fetched += stepped.rows
    deps.count('historyFetched', {}, stepped.rows)
    round = stepped.round
    if (stepped.kind === 'end') {
      desk.status = { ...desk.status, beginsMs: answer.beginsMs }
      if (fetched > 0) log.info({ peer, fetched }, 'change log got what another master had heard')
      return { kind: 'done', peer: round.peer }
    }
    if (signal.aborted || desk.waiting > WAITING_MAX) return { kind: 'stopped', peer }
    // Whoever writes and whoever answers has something else to do, too.
    if (stepped.rows > 0) await clock.sleep(PAUSE_MS, signal)
    reply = await ask(stepped.question, deps, signal)
    if (reply === undefined) return { kind: 'stopped', peer }
  }
}

/** So many changes of its own are written before it fetches those of others. */
const WAITING_MAX = 1_000
const PAUSE_MS = 5

/** Undefined: nobody answers, or not the one that began to. */
async function ask(
  question: PastQuestion,
  { bus }: ExchangeHistoryDeps,
  signal: AbortSignal,
): Promise<string | undefined> {
  const triesMax = question.to === undefined ? 1 : TRIES
  for (let tries = 0; tries < triesMax && !signal.aborted; tries += 1) {
    const reply = await bus.askPast(question, ANSWER_MS)
    if (reply !== undefined) return reply
  }
  return undefined
}

/** After so long the server does not let an answer through any more. */
const ANSWER_MS = 2_000
/** It answers one at a time. */
const TRIES = 3
