import type { MasterBus } from '@roadstead/bus/ports.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Cause, EventEnvelope, Observation } from '@roadstead/shared/protocol/observation.ts'
import type { Reject } from './reject.ts'

export interface FoldEventsDeps {
  readonly bus: Pick<MasterBus, 'followEvents'>
  readonly clock: Clock
  readonly state: {
    hear(input: Observation, cause?: { readonly cause: Cause; readonly masterMs: number }): void
  }
  readonly notes: {
    observed(
      observation: Observation,
      place: { readonly incarnation: number; readonly seq: number },
    ): void
  }
  readonly keepNews: (event: EventEnvelope) => void
  readonly reject: Reject
  readonly isCaughtUp: (stream: 'events', caughtUp: boolean) => void
  readonly count: (key: 'eventsReceived', labels: { readonly kind: string }) => void
}

/** Everything agents say about changes, from the oldest that is kept; repeats fold into nothing. */
export async function foldEvents(deps: FoldEventsDeps, signal: AbortSignal): Promise<void> {
  let isHistory = true
  for await (const delivery of deps.bus.followEvents(FROM_THE_START, signal)) {
    if (delivery.kind === 'invalid') deps.reject('events', delivery)
    if (delivery.kind === 'reset') isHistory = true
    if (delivery.kind === 'caught-up') isHistory = false
    if (delivery.kind === 'reset' || delivery.kind === 'caught-up') {
      deps.isCaughtUp('events', !isHistory)
    }
    if (delivery.kind !== 'message') continue
    foldEvent(delivery.value, isHistory, deps)
    deps.notes.observed(delivery.value.data, { incarnation: delivery.born, seq: delivery.seq })
  }
}

const FROM_THE_START = 1

function foldEvent(event: EventEnvelope, isHistory: boolean, deps: FoldEventsDeps): void {
  const { data } = event
  deps.count('eventsReceived', { kind: data.kind })
  if (data.kind === 'news') deps.keepNews(event)
  // What the bus kept is not timed: it happened while nobody here could have answered.
  const isTimed = !isHistory && event.replay !== true && data.kind !== 'news'
  if (isTimed) deps.state.hear(data, { cause: data.cause, masterMs: deps.clock.wallMs() })
  else deps.state.hear(data)
}
