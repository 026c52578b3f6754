import type { MasterBus } from '@roadstead/bus/ports.ts'
import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Stock } from '../core/graph/stock.ts'
import type { Note } from '../core/history/note.ts'
import { notesOfStock } from '../core/history/stocked.ts'
import type { Reject } from './reject.ts'

export interface FoldStockDeps {
  readonly bus: Pick<MasterBus, 'followStock'>
  readonly stock: Pick<Stock, 'hear'>
  readonly notes: { put(notes: readonly Note[], weight: number): void }
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
  const { bus, notes, settle, stock } = deps
  const bell = new Bell()
  {
    using _caughtUp = settle.onCaughtUp(() => bell.ring())
    if (!settle.isCaughtUp) await bell.rung(signal)
  }
  let isHistory = true
  for await (const delivery of bus.followStock(signal)) {
    switch (delivery.kind) {
      case 'invalid':
        deps.reject('stock', delivery)
        break
      case 'message': {
        const { value } = delivery
        deps.count('eventsReceived', { kind: value.kind })
        const before = stock.hear(value)
        // Of what was there before this master no change is known.
        const changes = isHistory || before === undefined ? [] : notesOfStock(before, value)
        if (changes.length > 0) notes.put(changes, changes.length)
        break
      }
      default:
        // After a loss what is known stays known, until agents say it again.
        isHistory = delivery.kind === 'reset'
    }
  }
}
