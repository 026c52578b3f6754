import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { HostId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Command, CommandReply } from '@roadstead/shared/protocol/command.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import { judgeCommand, type ObeyRules, type ObeyState } from '../core/obey.ts'
import type { AgentState } from '../state.ts'

export interface ObeyDeps {
  readonly bus: {
    serveCommands(
      handle: (command: Signed) => Promise<CommandReply>,
      signal: AbortSignal,
    ): Promise<void>
  }
  readonly state: AgentState
  readonly site: SiteId
  readonly host: HostId
  readonly nonces: { readonly recent: readonly string[] }
  readonly verify: ObeyRules['verify']
  readonly stateDir: { readonly highestEpoch: number; keepEpoch(epoch: number): Promise<void> }
  readonly snapshots: { ask(): void }
  readonly clock: Clock
  readonly log: Log
}

/** Obeys the leader, as far as `judgeCommand` lets it. */
export async function obey(deps: ObeyDeps, signal: AbortSignal): Promise<void> {
  let known: ObeyState = {
    highestEpoch: deps.stateDir.highestEpoch,
    recentIds: new Set(),
    acceptedAtMs: [],
  }
  await deps.bus.serveCommands(handle, signal)

  async function handle(signed: Signed): Promise<CommandReply> {
    const rules = { ...deps, nonces: deps.nonces.recent }
    const judged = judgeCommand(known, signed, rules, deps.clock.monoMs())
    if (judged.kind === 'refused') {
      deps.log.warn({ by: signed.by, reason: judged.reason }, 'command refused')
      return judged
    }
    const before = known.highestEpoch
    // Counted before it runs and before anything is awaited, so that it can never run twice.
    known = judged.next
    try {
      // On disk first: after a restart an older leadership must still be refused.
      if (known.highestEpoch > before) await deps.stateDir.keepEpoch(known.highestEpoch)
      return perform(deps, judged.command)
    } catch (error) {
      deps.log.error({ verb: judged.command.verb, err: error }, 'command failed')
      return { kind: 'failed', id: judged.command.id, error: messageOf(error).slice(0, 512) }
    }
  }
}

function perform({ state, snapshots }: ObeyDeps, { id, verb }: Command): CommandReply {
  switch (verb) {
    case 'ping':
      return { kind: 'done', id, result: {} }
    case 'resync':
      if (!state.isComplete) {
        return { kind: 'failed', id, error: 'the engine has not been seen whole yet' }
      }
      snapshots.ask()
      return { kind: 'done', id, result: { seq: state.stamp.seq } }
    case 'describe':
      return {
        kind: 'done',
        id,
        result: {
          ...state.stamp,
          containers: state.containerCount,
          complete: state.isComplete,
          engine: state.engine.state,
          engineSince: state.engine.since,
          stateHash: state.stateHash(),
        },
      }
    case 'restart':
      return { kind: 'failed', id, error: 'this agent does not change containers' }
    default:
      return unreachable(verb)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
