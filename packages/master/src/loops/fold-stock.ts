import type { MasterBus } from '@roadstead/bus/ports.ts'
import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { StockSlice } from '@roadstead/shared/protocol/stock.ts'
import type { Reject } from './reject.ts'

export interface FoldStockDeps {
  readonly bus: Pick<MasterBus, 'followStock'>
  readonly stock: { hear(slice: StockSlice): void }
  readonly settle: {
    readonly isCaughtUp: boolean
    onCaughtUp(listener: () => void): Disposable
  }
  readonly reject: Reject
  readonly count: (key: 'eventsReceived', labels: { readonly kind: string }) => void
}

/**
 * The last word about every slice of images and volumes, and each that follows. Only people ask for
 * them, so a master that starts reads first all that routes depend on.
 */
export async function foldStock(deps: FoldStockDeps, signal: AbortSignal): Promise<void> {
  const { bus, settle, stock } = deps
  const bell = new Bell()
  {
    using _caughtUp = settle.onCaughtUp(() => bell.ring())
    if (!settle.isCaughtUp) await bell.rung(signal)
  }
  for await (const delivery of bus.followStock(signal)) {
    // After a loss what is known stays known, until agents say it again.
    if (delivery.kind === 'invalid') deps.reject('stock', delivery)
    if (delivery.kind !== 'message') continue
    deps.count('eventsReceived', { kind: delivery.value.kind })
    stock.hear(delivery.value)
  }
}
