import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Graph } from '../core/graph/graph.ts'
import { notesOfAllVerdicts, notesOfVerdicts } from '../core/history/judged.ts'
import type { Verdicts } from '../core/routes/derived.ts'
import type { HistoryDesk } from './history-desk.ts'
import type { Leadership } from './leadership.ts'

export interface NoteStateDeps {
  readonly state: {
    readonly graph: Graph
    readonly derived: { readonly verdicts: Verdicts }
    subscribe(topics: readonly ['graph'], listener: () => void): Disposable
  }
  readonly leadership: Pick<Leadership, 'state' | 'onChange'>
  readonly settle: { readonly isCaughtUp: boolean; onCaughtUp(listener: () => void): Disposable }
  readonly desk: HistoryDesk
  readonly clock: Clock
}

/**
 * Puts down what became of routes, whenever it is another than at the look before, while this master
 * leads: the others have it from there. The first look of an epoch finds what changed while nobody looked
 * here; until all streams were read it would find what never was.
 */
export async function noteState(deps: NoteStateDeps, signal: AbortSignal): Promise<void> {
  const { clock, desk, leadership, settle, state } = deps
  const bell = new Bell()
  using _changed = state.subscribe(['graph'], () => bell.ring())
  using _led = leadership.onChange(() => bell.ring())
  using _read = settle.onCaughtUp(() => bell.ring())
  let before: Seen | undefined
  let restored = 0
  while (!signal.aborted) {
    if (desk.restored !== restored) {
      restored = desk.restored
      before = undefined
      noteHosts(deps)
    }
    if (settle.isCaughtUp) before = noteVerdicts(before, deps)
    // Together with all that comes of the same burst; and never before the table that it is about.
    await clock.sleep(PAUSE_MS, signal)
    using _timer = clock.after(LOOK_MS, () => bell.ring())
    await bell.rung(signal)
  }
}

const PAUSE_MS = 250
/** A loss is made good so much later at most. */
const LOOK_MS = 5_000

interface Seen {
  readonly verdicts: Verdicts
  readonly epoch: number
}

/** Also while the lease cannot be renewed: nobody else leads then, as far as anybody knows. */
function epochLed({ leadership }: Pick<NoteStateDeps, 'leadership'>): number | undefined {
  const led = leadership.state()
  return led.kind === 'standby' ? undefined : led.epoch
}

function noteVerdicts(
  before: Seen | undefined,
  { clock, desk, leadership, state }: NoteStateDeps,
): Seen | undefined {
  const causeOf = desk.causes.take()
  const epoch = epochLed({ leadership })
  if (epoch === undefined) return undefined
  const { verdicts } = state.derived
  const when = { atMs: clock.wallMs(), causeOf, epoch }
  if (before === undefined || before.epoch !== epoch) {
    const count = [...verdicts.values()].reduce((sum, own) => sum + own.size, 1)
    desk.put(notesOfAllVerdicts(verdicts, when), count)
  } else if (before.verdicts !== verdicts) {
    const notes = [...notesOfVerdicts(before.verdicts, verdicts, when)]
    if (notes.length > 0) desk.put(notes, notes.length)
  }
  return { verdicts, epoch }
}

/** As this master remembers them, after a time of which the log knows too little. */
function noteHosts({ clock, desk, state }: NoteStateDeps): void {
  const cause = { action: 'remembered after a loss', seenAtMs: clock.wallMs() }
  for (const { containers, facts, networks, stamp } of state.graph.hosts.values()) {
    const all = [...containers.values()]
    desk.told({ stamp, facts, networks: [...networks], containers: all, cause })
  }
}
