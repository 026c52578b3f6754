import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Hearing } from '../core/decide/hearing.ts'
import { emptyResyncMemory, planResync } from '../core/decide/resync.ts'
import type { Graph } from '../core/graph/graph.ts'
import { type SendDeps, sendCommand } from './send-command.ts'

export interface ResyncDeps extends SendDeps {
  readonly state: { readonly graph: Graph; readonly hearing: Hearing }
  readonly leads: () => boolean
  readonly log: Log
  readonly count: (
    key: 'resyncs' | 'sequenceGaps',
    labels: { readonly host: HostId; readonly reason?: 'gap' | 'drift' },
  ) => void
}

/**
 * Asks hosts of which something is missing for a whole snapshot. What is wanted is looked up anew each
 * time, so nothing queues, and a host that has healed meanwhile is not asked. A standby looks less
 * often than the leader: as a rule the leader's question heals both.
 */
export async function requestResyncs(deps: ResyncDeps, signal: AbortSignal): Promise<void> {
  const { clock, state } = deps
  let memory = emptyResyncMemory
  for (let round = 1; !signal.aborted; round += 1) {
    await clock.sleep(ROUND_MS, signal)
    if (!deps.leads() && round % STANDBY_ROUNDS !== 0) continue
    const step = planResync(state.graph, state.hearing, clock.monoMs(), memory)
    for (const host of step.memory.gapSinceMs.keys()) {
      if (!memory.gapSinceMs.has(host)) deps.count('sequenceGaps', { host })
    }
    memory = step.memory
    await Promise.all(step.ask.map((host) => ask(host, deps, signal)))
  }
}

const ROUND_MS = 1_000
const STANDBY_ROUNDS = 8
const ANSWER_MS_MAX = 2_000

async function ask(host: HostId, deps: ResyncDeps, signal: AbortSignal): Promise<void> {
  // Not heard, or nobody leads: there is nobody to ask, or nobody who may.
  if (!deps.state.hearing.has(host) || deps.lease() === undefined) return
  const reason = deps.state.graph.hosts.get(host)?.synced === true ? 'drift' : 'gap'
  deps.count('resyncs', { host, reason })
  const reply = await sendCommand(host, { verb: 'resync' }, ANSWER_MS_MAX, deps, signal)
  const outcome = reply.kind === 'refused' ? reply.reason : reply.kind
  deps.log.info({ host, reason, outcome }, 'snapshot asked for')
}
