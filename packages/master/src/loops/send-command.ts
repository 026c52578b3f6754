import type { MasterBus } from '@roadstead/bus/ports.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { HostId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { HEARTBEAT_MS } from '@roadstead/shared/kernel/limits.ts'
import type { Command, CommandRefusal } from '@roadstead/shared/protocol/command.ts'
import type { Lease } from '@roadstead/shared/protocol/lease.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import type { Hearing } from '../core/decide/hearing.ts'
import type { CommandState } from '../core/runs/outlook.ts'
import type { Leadership } from './leadership.ts'

export interface SendDeps {
  readonly bus: Pick<MasterBus, 'command'>
  readonly site: SiteId
  readonly state: { readonly hearing: Hearing }
  /**
   * In whose name it is sent; asked before each attempt, undefined ends them. What changes something
   * is sent only in the name of the leadership that wrote it down, and no longer than that lasts.
   */
  readonly lease: () => Pick<Lease, 'epoch' | 'instance'> | undefined
  readonly sign: (purpose: 'command', body: string) => Signed
  readonly newCommandId: () => string
  readonly clock: Clock
}

export type Order = Pick<Command, 'verb' | 'container' | 'graceMs'>
export type CommandOutcome = Exclude<CommandState, { readonly kind: 'under-way' }>

/**
 * Asks one agent to act, and tells what became of it. Each command is signed for that agent, verb,
 * container and leadership, and quotes the nonce of its last heartbeat. An agent that has another
 * nonce by now, or has its hands full, has not acted; so it is asked again for a while, each time by
 * another command. After any other outcome nothing is repeated: it may have been done. Who has just begun
 * to listen knows no nonce yet, and waits for the first heartbeat.
 */
export async function sendCommand(
  host: HostId,
  order: Order,
  timeoutMs: number,
  deps: SendDeps,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  const { clock } = deps
  const untilMs = clock.monoMs() + Math.min(timeoutMs, PATIENCE_MS)
  const isToWait = (nonce: string | undefined): boolean =>
    nonceOf(host, deps) === nonce && clock.monoMs() < untilMs && !signal.aborted
  while (deps.lease() !== undefined && isToWait(undefined)) await clock.sleep(NONCE_LOOK_MS, signal)
  for (;;) {
    const nonce = nonceOf(host, deps)
    const outcome = await sendOnce(host, order, timeoutMs, deps)
    if (outcome.kind !== 'refused' || !TRANSIENT.has(outcome.reason)) return outcome
    const isStale = outcome.reason === 'stale-nonce'
    do await clock.sleep(isStale ? NONCE_LOOK_MS : BUSY_MS, signal)
    while (isStale && isToWait(nonce))
    if (clock.monoMs() >= untilMs || signal.aborted) return outcome
  }
}

/** Of this master while it leads in that epoch, and of nobody else. */
export function leaseOfEpoch(
  leadership: Pick<Leadership, 'state'>,
  epoch: number,
): Pick<Lease, 'epoch' | 'instance'> | undefined {
  const now = leadership.state()
  return now.kind === 'leader' && now.epoch === epoch ? now : undefined
}

const TRANSIENT: ReadonlySet<CommandRefusal> = new Set(['stale-nonce', 'too-many'])
/** A new nonce is told within two heartbeats, and an agent that is busy has time again by then. */
const PATIENCE_MS = 4 * HEARTBEAT_MS
const NONCE_LOOK_MS = 100
const BUSY_MS = 2_000

async function sendOnce(
  host: HostId,
  order: Order,
  timeoutMs: number,
  deps: SendDeps,
): Promise<CommandOutcome> {
  const nonce = nonceOf(host, deps)
  const lease = deps.lease()
  if (nonce === undefined) return { kind: 'not-sent', why: 'its agent is not heard' }
  if (lease === undefined) return { kind: 'not-sent', why: 'its leadership is over' }
  const { site } = deps
  const { epoch, instance } = lease
  const bound = { site, host, epoch, instance, nonce }
  const command: Command = { v: 1, id: deps.newCommandId(), ...bound, ...order }
  const signed = deps.sign('command', JSON.stringify(command))
  return deps.bus.command(host, signed, timeoutMs)
}

function nonceOf(host: HostId, { state }: SendDeps): string | undefined {
  return state.hearing.get(host)?.beat.nonce
}
