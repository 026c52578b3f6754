import type { MasterBus } from '@roadstead/bus/ports.ts'
import type { Leadership } from './leadership.ts'
import { untilAborted } from './until-aborted.ts'

export interface RecheckDeps {
  readonly leadership: Pick<Leadership, 'state' | 'onChange'>
  readonly bus: Pick<MasterBus, 'recheck'>
  readonly settle: { doubt(): void }
}

/**
 * Whoever begins to lead makes sure first that it has read everything. Where one failure took a NATS
 * server and the leader, the standby's reading may have stood still for seconds without a sign: its
 * table would take away what was routed meanwhile and give back what was drained, and a command
 * that the last leader has sent would be sent once more.
 */
export async function recheckOnLead(deps: RecheckDeps, signal: AbortSignal): Promise<void> {
  let epoch: number | undefined
  using _led = deps.leadership.onChange(() => {
    const now = deps.leadership.state()
    if (now.kind !== 'leader' || now.epoch === epoch) return
    epoch = now.epoch
    deps.settle.doubt()
    deps.bus.recheck()
  })
  await untilAborted(signal)
}
