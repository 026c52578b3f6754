import type { MasterBus } from '@roadstead/bus/ports.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { MasterId } from '@roadstead/shared/kernel/ids.ts'
import type { PastAsk } from '@roadstead/shared/protocol/past.ts'
import type { HistoryDesk } from './history-desk.ts'

export interface ServeHistoryDeps {
  readonly self: MasterId
  readonly bus: Pick<MasterBus, 'servePast'>
  readonly history: {
    tell(call: {
      readonly told: { readonly ask: PastAsk; readonly self: MasterId; readonly horizonMs: number }
    }): Promise<
      | { readonly did: 'tell'; readonly reply: string }
      | { readonly did: 'fail'; readonly why: string }
    >
  }
  readonly desk: Pick<HistoryDesk, 'status'>
  readonly keepMs: number
  readonly clock: Clock
}

/**
 * Answers other masters that ask about the past: one at a time, so that whoever asks for ever takes half
 * of what the thread of the log can do at most. Whoever hears nothing asks again.
 */
export async function serveHistory(deps: ServeHistoryDeps, signal: AbortSignal): Promise<void> {
  const { bus, clock, desk, history, keepMs, self } = deps
  let isBusy = false
  await bus.servePast(async ({ ask, except = [], master, to = self }) => {
    const isMeant = master !== self && to === self && !except.includes(self)
    if (!isMeant || isBusy || desk.status.state !== 'written') return undefined
    isBusy = true
    try {
      const horizonMs = Math.max(0, clock.wallMs() - keepMs)
      const answer = await history.tell({ told: { ask, self, horizonMs } })
      return answer.did === 'tell' ? answer.reply : undefined
    } finally {
      isBusy = false
    }
  }, signal)
}
