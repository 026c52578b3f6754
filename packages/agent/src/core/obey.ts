import { Command, type CommandRefusal } from '@roadstead/shared/protocol/command.ts'
import type { InstanceId, PublicKey } from '@roadstead/shared/kernel/ids.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'

/** Ids remembered so that a command runs once; nonces change long before this many pass. */
const IDS_MAX = 10_000
/** Restarts under way; a rollout asks for a few at a time, and each may take a minute. */
export const RESTARTS_AT_ONCE_MAX = 8
/** A leader asks for a snapshot now and then; more than one a second is a fault or an attack. */
const COMMANDS_PER_MINUTE_MAX = 60

/** A claim of the lease, and the life of the master that made it. */
export interface Leadership {
  readonly epoch: number
  /** Undefined until a command of this epoch has been obeyed. */
  readonly instance?: InstanceId
  /** Who signed; undefined until a command of this epoch that changes something has been obeyed. */
  readonly signer?: PublicKey
}

export interface ObeyState {
  /** Highest leadership obeyed so far; kept on disk before a command of it runs. */
  readonly leadership: Leadership
  readonly recentIds: ReadonlySet<string>
  /** Times of the commands accepted within the last minute. */
  readonly acceptedAtMs: readonly number[]
}

export interface ObeyRules {
  readonly site: string
  readonly host: string
  /** The last three nonces, each of which is told for ten seconds. */
  readonly nonces: readonly string[]
  /** Whether a master that this host trusts made the statement. */
  readonly verify: (signed: Signed) => {
    readonly kind: 'trusted' | 'unknown-signer' | 'bad-signature'
  }
}

export type Judgement =
  | { readonly kind: 'accepted'; readonly command: Command; readonly next: ObeyState }
  | { readonly kind: 'refused'; readonly id: string; readonly reason: CommandRefusal }

/**
 * Decides whether a command is obeyed. The bus proves nothing: whoever got hold of an old command could
 * send it again, or to another host. So a command must be signed by a master that this host trusts,
 * name this host, come from the newest leadership seen and from nobody else in it, quote a fresh
 * nonce, and be new.
 *
 * Every master knows who leads, and may ask for a snapshot in its name. What changes something is
 * obeyed from one signer in an epoch.
 *
 * The limit counts accepted commands only: noise without a signature must not shut out the leader.
 */
export function judgeCommand(
  state: ObeyState,
  signed: Signed,
  rules: ObeyRules,
  nowMs: number,
): Judgement {
  const signature = rules.verify(signed).kind
  if (signature !== 'trusted') return refused('', signature)
  // A table is signed by the same masters, and must never pass for a command.
  if (signed.purpose !== 'command') return refused('', 'bad-signature')
  const command = parse(signed.body)
  if (command === undefined) return refused('', 'unreadable')

  const recent = state.acceptedAtMs.filter((at) => nowMs - at < 60_000)
  const reason = refusal(command, signed.by, { ...state, acceptedAtMs: recent }, rules)
  if (reason !== undefined) return refused(command.id, reason)
  const next = {
    leadership: leadershipAfter(state.leadership, command, signed.by),
    recentIds: remember(state.recentIds, command.id),
    acceptedAtMs: [...recent, nowMs],
  }
  return { kind: 'accepted', command, next }
}

function leadershipAfter(before: Leadership, command: Command, by: PublicKey): Leadership {
  const { epoch, instance, verb } = command
  const known = epoch === before.epoch ? before.signer : undefined
  const signer = known ?? (changesSomething(verb) ? by : undefined)
  return { epoch, instance, ...(signer !== undefined && { signer }) }
}

function changesSomething(verb: Command['verb']): boolean {
  return verb === 'restart'
}

function refusal(
  command: Command,
  by: PublicKey,
  state: ObeyState,
  rules: ObeyRules,
): CommandRefusal | undefined {
  if (command.host !== rules.host || command.site !== rules.site) return 'wrong-host'
  const { epoch, instance = command.instance, signer = by } = state.leadership
  if (command.epoch < epoch) return 'old-epoch'
  const isOther = command.instance !== instance || (changesSomething(command.verb) && by !== signer)
  if (command.epoch === epoch && isOther) return 'second-instance'
  if (!rules.nonces.includes(command.nonce)) return 'stale-nonce'
  if (state.recentIds.has(command.id)) return 'repeated'
  if (state.acceptedAtMs.length >= COMMANDS_PER_MINUTE_MAX) return 'too-many'
  return undefined
}

function refused(id: string, reason: CommandRefusal): Judgement {
  return { kind: 'refused', id, reason }
}

function parse(body: string): Command | undefined {
  try {
    return Command.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}

/** A set keeps the order of insertion, so its first member is the oldest. */
function remember(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const kept = ids.size < IDS_MAX ? [...ids] : [...ids].slice(1)
  return new Set([...kept, id])
}
