import type { MasterBus } from '@roadstead/bus/ports.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { HostId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Command } from '@roadstead/shared/protocol/command.ts'
import type { Lease } from '@roadstead/shared/protocol/lease.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import type { Hearing } from '../core/decide/hearing.ts'
import { emptyResyncMemory, planResync } from '../core/decide/resync.ts'
import type { Graph } from '../core/graph/graph.ts'

export interface ResyncDeps {
  readonly bus: Pick<MasterBus, 'command'>
  readonly site: SiteId
  readonly state: { readonly graph: Graph; readonly hearing: Hearing }
  readonly leads: () => boolean
  /** Of whoever leads now; undefined while nobody does. */
  readonly lease: () => Pick<Lease, 'epoch' | 'instance'> | undefined
  readonly sign: (purpose: 'command', body: string) => Signed
  readonly newCommandId: () => string
  readonly clock: Clock
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
    await Promise.all(step.ask.map((host) => ask(host, deps)))
  }
}

const ROUND_MS = 1_000
const STANDBY_ROUNDS = 8
const ANSWER_MS_MAX = 2_000

async function ask(host: HostId, deps: ResyncDeps): Promise<void> {
  const nonce = deps.state.hearing.get(host)?.beat.nonce
  const lease = deps.lease()
  // Not heard, or nobody leads: there is nobody to ask, or nobody who may.
  if (nonce === undefined || lease === undefined) return
  const { site, state } = deps
  const { epoch, instance } = lease
  const id = deps.newCommandId()
  const command: Command = { v: 1, id, site, host, verb: 'resync', epoch, instance, nonce }
  const reason = state.graph.hosts.get(host)?.synced === true ? 'drift' : 'gap'
  deps.count('resyncs', { host, reason })
  const signed = deps.sign('command', JSON.stringify(command))
  const reply = await deps.bus.command(host, signed, ANSWER_MS_MAX)
  const outcome = reply.kind === 'refused' ? reply.reason : reply.kind
  deps.log.info({ host, reason, outcome }, 'snapshot asked for')
}
