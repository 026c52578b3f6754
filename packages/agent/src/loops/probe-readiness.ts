import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import type { Port } from '@roadstead/shared/protocol/container.ts'
import {
  nextTryMs,
  planReadiness,
  type ReadinessPlan,
  type Try,
  type TryPhase,
  tryPhase,
  type Vantage,
} from '../core/readiness.ts'
import type { AgentState } from '../state.ts'
import type { Readiness } from './look.ts'

/** A container on this machine answers in a fraction of this, or not at all. */
const CONNECT_MS = 250
/** The most that a statement may wait for an answer that would save a second one. */
const BESIDE_LOOK_MS = 2
/** Containers tried at the same time; further ones are tried when the engine shows them again. */
const TRIED_AT_ONCE_MAX = 2_000

type Connect = (
  address: string,
  port: number,
  timeoutMs: number,
  signal: AbortSignal,
) => Promise<'accepted' | 'refused' | 'unreachable'>

export interface ReadinessDeps {
  readonly connect: Connect
  readonly vantage: Vantage
  readonly state: AgentState
  readonly clock: Clock
}

/**
 * Finds out when a container without a health check begins to serve: by connecting to it, often at
 * first and then less. An open port is a weak sign and the best there is; the edges' own checks
 * follow.
 */
export function probeReadiness(deps: ReadinessDeps, signal: AbortSignal): Readiness {
  const stopByKey = new Map<string, AbortController>()
  const runById = new Map<ContainerId, string>()
  const attempts = { fast: 0, dense: 0, patient: 0, slow: 0 }
  return {
    plan: (container) => planReadiness(container, (id) => deps.state.find(id), deps.vantage),
    tryNow: (plan, stop) => tryBesideLook(deps, plan, stop),
    consider(id, plan) {
      const run = plan?.run
      const before = runById.get(id)
      if (before !== undefined && before !== run) stopByKey.get(id)?.abort()
      if (plan === undefined || before === run || signal.aborted) return
      if (stopByKey.size >= TRIED_AT_ONCE_MAX || missing(deps.state, plan).length === 0) return
      void follow(plan)
    },
  }

  /** Never rejects: nothing in it does. */
  async function follow(plan: ReadinessPlan): Promise<void> {
    const stop = new AbortController()
    stopByKey.set(plan.id, stop)
    runById.set(plan.id, plan.run)
    await untilAllAccept({ ...deps, attempts }, plan, AbortSignal.any([signal, stop.signal]))
    if (stopByKey.get(plan.id) !== stop) return
    stopByKey.delete(plan.id)
    runById.delete(plan.id)
  }
}

async function untilAllAccept(
  deps: ReadinessDeps & { readonly attempts: Record<TryPhase, number> },
  plan: ReadinessPlan,
  signal: AbortSignal,
): Promise<void> {
  const { attempts, clock, state } = deps
  const startMs = clock.monoMs()
  while (!signal.aborted) {
    const tries = missing(state, plan)
    if (tries.length === 0 || !isCurrent(state, plan)) return
    const ports = await tryAll(deps.connect, tries, signal)
    if (signal.aborted) return
    const cause = { action: 'readiness', seenAtMs: clock.wallMs() }
    if (ports.length > 0) state.seeAccepting(plan.id, plan.run, ports, cause)
    const phase = tryPhase(clock.monoMs() - startMs)
    attempts[phase] += tries.length
    await clock.sleep(nextTryMs(phase, attempts[phase]), signal)
    attempts[phase] -= tries.length
  }
}

/** Whether the container still is what the plan was made for. */
function isCurrent(state: AgentState, plan: ReadinessPlan): boolean {
  const known = state.container(plan.id)
  return known !== undefined && known.startedAt === plan.run && known.state !== 'exited'
}

async function tryBesideLook(
  { connect, state, clock }: ReadinessDeps,
  plan: ReadinessPlan,
  signal: AbortSignal,
): Promise<readonly Port[]> {
  const tries = missing(state, plan)
  if (tries.length === 0) return []
  const accepted: Port[] = []
  const all = tries.map(async (it) => {
    if (await accepts(connect, it, signal)) accepted.push(it.port)
  })
  await Promise.race([Promise.all(all), clock.sleep(BESIDE_LOOK_MS, signal)])
  return [...accepted]
}

async function tryAll(
  connect: Connect,
  tries: readonly Try[],
  signal: AbortSignal,
): Promise<Port[]> {
  const answers = await Promise.all(
    tries.map(async (it) => ({ port: it.port, accepts: await accepts(connect, it, signal) })),
  )
  return answers.filter((it) => it.accepts).map((it) => it.port)
}

/** The first place that says yes or no decides; only silence makes the next one worth a try. */
async function accepts(connect: Connect, it: Try, signal: AbortSignal): Promise<boolean> {
  for (const { address, port } of it.places) {
    const answer = await connect(address, port, CONNECT_MS, signal)
    if (answer !== 'unreachable') return answer === 'accepted'
  }
  return false
}

function missing(state: AgentState, plan: ReadinessPlan): readonly Try[] {
  const accepted = state.acceptedPorts(plan.id, plan.run)
  return plan.tries.filter((it) => !accepted.includes(it.port))
}
