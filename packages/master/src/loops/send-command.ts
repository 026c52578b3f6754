import type { MasterBus } from '@roadstead/bus/ports.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { HostId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { HEARTBEAT_MS } from '@roadstead/shared/kernel/limits.ts'
import type { Command } from '@roadstead/shared/protocol/command.ts'
import type { Lease } from '@roadstead/shared/protocol/lease.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import type { Hearing } from '../core/decide/hearing.ts'
import type { CommandState } from '../core/runs/outlook.ts'

export interface SendDeps {
  readonly bus: Pick<MasterBus, 'command'>
  readonly site: SiteId
  readonly state: { readonly hearing: Hearing }
  /** Of whoever leads now; undefined while nobody does. */
  readonly lease: () => Pick<Lease, 'epoch' | 'instance'> | undefined
  readonly sign: (purpose: 'command', body: string) => Signed
  readonly newCommandId: () => string
  readonly clock: Clock
}

export type Order = Pick<Command, 'verb' | 'container' | 'graceMs'>
export type CommandOutcome = Exclude<CommandState, { readonly kind: 'under-way' }>

/**
 * Asks one agent to act, and tells what became of it. Each command is signed for that agent, verb,
 * container and leadership, and quotes the nonce of its last heartbeat. An agent that has changed its
 * nonce has not acted, so it is asked again, with another id, once the new nonce has been heard. After
 * any other outcome nothing is repeated: it may have been done.
 */
export async function sendCommand(
  host: HostId,
  order: Order,
  timeoutMs: number,
  deps: SendDeps,
): Promise<CommandOutcome> {
  const outcome = await sendOnce(host, order, timeoutMs, deps)
  const isStale = outcome.kind === 'refused' && outcome.reason === 'stale-nonce'
  if (!isStale || !(await anotherNonce(host, nonceOf(host, deps), deps))) return outcome
  return sendOnce(host, order, timeoutMs, deps)
}

async function sendOnce(
  host: HostId,
  order: Order,
  timeoutMs: number,
  deps: SendDeps,
): Promise<CommandOutcome> {
  const nonce = nonceOf(host, deps)
  const lease = deps.lease()
  if (nonce === undefined) return { kind: 'not-sent', why: 'its agent is not heard' }
  if (lease === undefined) return { kind: 'not-sent', why: 'nobody leads' }
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

/** Two heartbeats at most: by then it has told its new one, or it is not there. */
async function anotherNonce(
  host: HostId,
  known: string | undefined,
  deps: SendDeps,
): Promise<boolean> {
  const untilMs = deps.clock.monoMs() + 2 * HEARTBEAT_MS
  while (deps.clock.monoMs() < untilMs) {
    if (nonceOf(host, deps) !== known) return true
    await deps.clock.sleep(LOOK_MS)
  }
  return false
}

const LOOK_MS = 100
