import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { jitter, type Random } from '@roadstead/shared/kernel/random.ts'
import { endpointsOf, learnRound, leftOut } from '../core/checks.ts'
import { CONNECT_EVERY_MS, dueProbes, type Probe, probesOf } from '../core/probes.ts'
import { askedAfterMs } from '../core/round.ts'
import { type EdgeTable, peerOf } from '../core/table.ts'
import type { EdgeState } from '../core/edge-state.ts'

const ROUND_JITTER = 0.2
/** While a service wants to be asked more often than others are. */
const ROUND_MS_MIN = 1_000
/** Checks under way at once: enough for a thousand dead addresses in four seconds. */
const CONCURRENT_MAX = 256

export interface CheckEndpointsDeps {
  readonly state: EdgeState
  readonly check: (probe: Probe) => Promise<boolean>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** What the loop remembers from one round to the next, of what is in force. */
interface Memory {
  table: EdgeTable | undefined
  probes: ReadonlyMap<string, Probe>
  /** When each question was asked last. */
  readonly asked: Map<string, number>
  /** Since when each endpoint is there. */
  readonly joined: Map<string, number>
}

/**
 * Asks every endpoint in force whether it serves, with or without a master. One that does not is left
 * out of the rendering; a first check never delays a route.
 */
export async function checkEndpoints(deps: CheckEndpointsDeps, signal: AbortSignal): Promise<void> {
  const { state, clock, random } = deps
  const none = { table: undefined, probes: new Map() }
  const memory: Memory = { ...none, asked: new Map(), joined: new Map() }
  let roundMs = CONNECT_EVERY_MS
  let tookMs = 0
  while (!signal.aborted) {
    await clock.sleep(Math.max(0, jitter(roundMs, ROUND_JITTER, random) - tookMs), signal)
    const table = state.inForce?.table
    if (signal.aborted || table === undefined) continue
    if (table !== memory.table) remember(memory, table, clock.monoMs())
    const { probes } = memory
    const isHasty = [...probes.values()].some(({ intervalMs }) => intervalMs < CONNECT_EVERY_MS)
    roundMs = isHasty ? ROUND_MS_MIN : CONNECT_EVERY_MS
    const due = dueProbes(probes, memory.asked, clock.monoMs(), roundMs)
    const beganMs = clock.monoMs()
    for (const [name] of due) memory.asked.set(name, beganMs)
    const answers = await askAll(deps, due, roundMs, signal)
    tookMs = clock.monoMs() - beganMs
    if (!signal.aborted) learnAnswers(deps, worthKnowing(answers, memory, clock.monoMs()))
  }
}

/** Forgets what is no longer in the table, and notes who has joined. */
function remember(memory: Memory, table: EdgeTable, nowMs: number): void {
  const { asked, joined } = memory
  const probes = probesOf(table)
  Object.assign(memory, { table, probes })
  const present = new Set([...probes.values()].flatMap(({ about }) => about.map(({ key }) => key)))
  for (const name of asked.keys()) if (!probes.has(name)) asked.delete(name)
  for (const key of joined.keys()) if (!present.has(key)) joined.delete(key)
  for (const key of present) if (!joined.has(key)) joined.set(key, nowMs)
}

/** Answers by endpoint; that one which has just joined does not serve yet says nothing. */
function worthKnowing(
  answers: ReadonlyMap<Probe, boolean>,
  { joined }: Memory,
  nowMs: number,
): ReadonlyMap<string, boolean> {
  const known = [...answers].flatMap(([{ about }, answered]) =>
    about
      .filter(({ key, graceMs }) => answered || nowMs - (joined.get(key) ?? nowMs) >= graceMs)
      .map(({ key }) => [key, answered] as const),
  )
  return new Map(known)
}

/** One synchronous step, on the table that is in force now and not when the round began. */
function learnAnswers(deps: CheckEndpointsDeps, answers: ReadonlyMap<string, boolean>): void {
  const { state, clock, log } = deps
  const table = state.inForce?.table
  if (table === undefined) return
  const before = state.health
  state.health = learnRound(before, answers, table, clock.monoMs())
  for (const { key, endpoint } of endpointsOf(table)) {
    const now = state.health.get(key)?.state ?? 'passing'
    if (now === (before.get(key)?.state ?? 'passing')) continue
    log.info({ container: endpoint.container, endpoint: peerOf(endpoint), state: now }, 'check')
    state.reportBell.ring()
  }
  if (!sameSet(leftOut(table, before), leftOut(table, state.health))) state.wish()
}

async function askAll(
  { check, clock }: CheckEndpointsDeps,
  due: readonly (readonly [name: string, probe: Probe])[],
  roundMs: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<Probe, boolean>> {
  const beganMs = clock.monoMs()
  const answers = new Map<Probe, boolean>()
  const line = due.entries()
  const asker = async (): Promise<void> => {
    for (const [at, [, probe]] of line) {
      const waitMs = beganMs + askedAfterMs(at, due.length, roundMs) - clock.monoMs()
      if (waitMs > 0) await clock.sleep(waitMs, signal)
      if (signal.aborted) return
      answers.set(probe, await check(probe))
    }
  }
  await Promise.all(Array.from({ length: Math.min(CONCURRENT_MAX, due.length) }, asker))
  return answers
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((key) => b.has(key))
}
