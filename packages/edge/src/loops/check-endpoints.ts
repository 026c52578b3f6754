import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { jitter, type Random } from '@roadstead/shared/kernel/random.ts'
import type { TableEndpoint } from '@roadstead/shared/protocol/table.ts'
import { endpointsOf, learnRound, leftOut } from '../core/checks.ts'
import { peerOf } from '../core/table.ts'
import type { EdgeState } from '../core/edge-state.ts'

const ROUND_MS = 2_000
const ROUND_JITTER = 0.2
/** Checks under way at once: enough for a thousand dead addresses in four seconds. */
const CONCURRENT_MAX = 256

export interface CheckEndpointsDeps {
  readonly state: EdgeState
  readonly check: (address: string, port: number) => Promise<boolean>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/**
 * Asks every endpoint in force whether it accepts connections, with or without a master. One that
 * does not is left out of the rendering at once; a first check never delays a route.
 */
export async function checkEndpoints(deps: CheckEndpointsDeps, signal: AbortSignal): Promise<void> {
  const { state, clock, random } = deps
  while (!signal.aborted) {
    await clock.sleep(jitter(ROUND_MS, ROUND_JITTER, random), signal)
    const table = state.inForce?.table
    if (signal.aborted || table === undefined) continue
    const answers = await askAll(
      deps,
      endpointsOf(table).map(({ endpoint }) => endpoint),
    )
    if (!signal.aborted) learnAnswers(deps, answers)
  }
}

/** One synchronous step, on the table that is in force now and not when the round began. */
function learnAnswers(deps: CheckEndpointsDeps, answers: ReadonlyMap<string, boolean>): void {
  const { state, clock, log } = deps
  const table = state.inForce?.table
  if (table === undefined) return
  const before = state.health
  const answersByKey = new Map(
    endpointsOf(table).flatMap(({ key, endpoint }) => {
      const answered = answers.get(peerOf(endpoint))
      return answered === undefined ? [] : [[key, answered] as const]
    }),
  )
  state.health = learnRound(before, answersByKey, table, clock.monoMs())
  for (const { key, endpoint } of endpointsOf(table)) {
    const now = state.health.get(key)?.state ?? 'passing'
    if (now === (before.get(key)?.state ?? 'passing')) continue
    log.info({ container: endpoint.container, endpoint: peerOf(endpoint), state: now }, 'check')
    state.reportBell.ring()
  }
  if (!sameSet(leftOut(table, before), leftOut(table, state.health))) state.wish()
}

/** One answer for each address, however many services lead to it. */
async function askAll(
  { check }: CheckEndpointsDeps,
  endpoints: readonly TableEndpoint[],
): Promise<ReadonlyMap<string, boolean>> {
  const waiting = [...new Map(endpoints.map((endpoint) => [peerOf(endpoint), endpoint]))]
  const answers = new Map<string, boolean>()
  const asker = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [peer, { address, port }] = next
      answers.set(peer, await check(address, port))
    }
  }
  await Promise.all(Array.from({ length: Math.min(CONCURRENT_MAX, waiting.length) }, asker))
  return answers
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((key) => b.has(key))
}
