import type { MasterBus } from '@roadstead/bus/ports.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { hearRequests, type RequestLedger } from '../core/requests/ledger.ts'
import { untilAborted } from './until-aborted.ts'

export interface HearRequestsDeps {
  readonly bus: Pick<MasterBus, 'onRequests'>
  readonly clock: Clock
  readonly requests: { ledger: RequestLedger }
  /** Somebody may be looking. */
  readonly touch: () => void
}

/** Hears what edges have counted. */
export async function listenToRequests(deps: HearRequestsDeps, signal: AbortSignal): Promise<void> {
  const { bus, clock, requests, touch } = deps
  using _heard = bus.onRequests((report) => {
    requests.ledger = hearRequests(requests.ledger, report, clock.monoMs())
    touch()
  })
  await untilAborted(signal)
}
