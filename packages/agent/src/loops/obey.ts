import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { ContainerId, HostId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import {
  type Command,
  type CommandReply,
  STOP_GRACE_MS_MAX,
} from '@roadstead/shared/protocol/command.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import {
  judgeCommand,
  type Leadership,
  type ObeyRules,
  type ObeyState,
  RESTARTS_AT_ONCE_MAX,
} from '../core/obey.ts'
import type { AgentState } from '../state.ts'

export interface ObeyDeps {
  readonly bus: {
    serveCommands(
      handle: (command: Signed) => Promise<CommandReply>,
      signal: AbortSignal,
    ): Promise<void>
  }
  readonly engine: {
    /** Answers with the engine's own words when it will not. */
    restart(id: ContainerId, graceMs: number, signal: AbortSignal): Promise<string | undefined>
    inspect(
      id: ContainerId,
      signal: AbortSignal,
    ): Promise<{ readonly State: { readonly StartedAt: string } } | undefined>
  }
  readonly state: AgentState
  readonly site: SiteId
  readonly host: HostId
  /** What the operator of this host lets a leader do to its containers. */
  readonly actions: 'restart' | 'none'
  readonly nonces: { readonly recent: readonly string[] }
  readonly verify: ObeyRules['verify']
  readonly stateDir: {
    readonly leadership: Leadership
    keepLeadership(leadership: Leadership): Promise<void>
  }
  readonly snapshots: { ask(): void }
  readonly clock: Clock
  readonly log: Log
}

/** Obeys the leader, as far as `judgeCommand` and the operator of this host let it. */
export async function obey(deps: ObeyDeps, signal: AbortSignal): Promise<void> {
  const { leadership } = deps.stateDir
  const restarts = new Restarts(deps, signal)
  let known: ObeyState = { leadership, recentIds: new Set(), acceptedAtMs: [] }
  const keeper = new Keeper(deps.stateDir)
  await deps.bus.serveCommands(handle, signal)

  async function handle(signed: Signed): Promise<CommandReply> {
    const rules = { ...deps, nonces: deps.nonces.recent }
    const judged = judgeCommand(known, signed, rules, deps.clock.monoMs())
    if (judged.kind === 'refused') {
      deps.log.warn({ by: signed.by, reason: judged.reason }, 'command refused')
      return judged
    }
    const { next, command } = judged
    // Counted before it runs and before anything is awaited, so that it can never run twice.
    known = next
    try {
      // On disk first: after a restart an older leadership must still be refused.
      await keeper.keep(next.leadership)
      return await perform(deps, restarts, command)
    } catch (error) {
      deps.log.error({ verb: command.verb, err: error }, 'command failed')
      return failed(command, messageOf(error))
    }
  }
}

/** Writes down whom we obey, one after another; what the disk refused is tried again the next time. */
class Keeper {
  readonly #stateDir: ObeyDeps['stateDir']
  #onDisk: Leadership
  #work: Promise<void> = Promise.resolve()

  constructor(stateDir: ObeyDeps['stateDir']) {
    this.#stateDir = stateDir
    this.#onDisk = stateDir.leadership
  }

  keep(leadership: Leadership): Promise<void> {
    const work = this.#work.catch(() => undefined).then(() => this.#keep(leadership))
    this.#work = work
    return work
  }

  async #keep(leadership: Leadership): Promise<void> {
    if (isEqual(leadership, this.#onDisk)) return
    await this.#stateDir.keepLeadership(leadership)
    this.#onDisk = leadership
  }
}

function perform(
  { state, snapshots }: ObeyDeps,
  restarts: Restarts,
  command: Command,
): CommandReply | Promise<CommandReply> {
  const { id, verb } = command
  switch (verb) {
    case 'ping':
      return { kind: 'done', id, result: {} }
    case 'resync':
      if (!state.isComplete) return failed(command, 'the engine has not been seen whole yet')
      snapshots.ask()
      return { kind: 'done', id, result: { seq: state.stamp.seq } }
    case 'describe':
      return { kind: 'done', id, result: describe(state) }
    case 'restart':
      return restarts.perform(command)
    default:
      return unreachable(verb)
  }
}

function describe(state: AgentState): Record<string, unknown> {
  return {
    ...state.stamp,
    containers: state.containerCount,
    complete: state.isComplete,
    engine: state.engine.state,
    engineSince: state.engine.since,
    stateHash: state.stateHash(),
  }
}

/** Restarts containers, some at a time and never one twice at once, beside all other commands. */
class Restarts {
  readonly #deps: ObeyDeps
  readonly #signal: AbortSignal
  readonly #underWay = new Set<ContainerId>()

  constructor(deps: ObeyDeps, signal: AbortSignal) {
    this.#deps = deps
    this.#signal = signal
  }

  async perform(command: Command): Promise<CommandReply> {
    const { actions, state } = this.#deps
    if (actions === 'none') return failed(command, 'this agent does not change containers')
    if (command.container === undefined) return failed(command, 'the command names no container')
    const container = state.container(command.container)
    if (container === undefined) return failed(command, 'there is no such container here')
    if (this.#underWay.has(container.id)) return failed(command, 'a restart of it is under way')
    if (this.#underWay.size >= RESTARTS_AT_ONCE_MAX) {
      return { kind: 'refused', id: command.id, reason: 'too-many' }
    }
    this.#underWay.add(container.id)
    try {
      const graceMs = Math.min(command.graceMs ?? container.stopGraceMs, STOP_GRACE_MS_MAX)
      return await this.#restart(command, container.id, graceMs)
    } finally {
      this.#underWay.delete(container.id)
    }
  }

  /** The engine does both halves itself: whatever becomes of this agent, the container comes back. */
  async #restart(command: Command, container: ContainerId, graceMs: number): Promise<CommandReply> {
    const { engine, log } = this.#deps
    log.info({ container, command: command.id, graceMs }, 'restarting a container')
    const refusal = await engine.restart(container, graceMs, this.#signal)
    if (refusal !== undefined) return failed(command, refusal)
    const now = await engine.inspect(container, this.#signal)
    return { kind: 'done', id: command.id, result: { startedAt: now?.State.StartedAt ?? '' } }
  }
}

function isEqual(a: Leadership, b: Leadership): boolean {
  return a.epoch === b.epoch && a.instance === b.instance && a.signer === b.signer
}

function failed({ id }: Command, error: string): CommandReply {
  return { kind: 'failed', id, error: error.slice(0, 512) }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
