import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Graph } from '../core/graph/graph.ts'
import { notesOfAllVerdicts, notesOfVerdicts } from '../core/history/judged.ts'
import type { Verdicts } from '../core/routes/derived.ts'
import type { HistoryDesk } from './history-desk.ts'

export interface NoteStateDeps {
  readonly state: {
    readonly graph: Graph
    readonly derived: { readonly verdicts: Verdicts }
    subscribe(topics: readonly ['graph'], listener: () => void): Disposable
  }
  readonly settle: { readonly isCaughtUp: boolean; onCaughtUp(listener: () => void): Disposable }
  readonly desk: HistoryDesk
  readonly clock: Clock
}

/**
 * Puts down what became of routes, whenever it is another than at the look before. The first look of a
 * life finds much that changed while nobody looked here; until all streams were read it would find what
 * never was.
 */
export async function noteState(deps: NoteStateDeps, signal: AbortSignal): Promise<void> {
  const { clock, desk, settle, state } = deps
  const bell = new Bell()
  using _changed = state.subscribe(['graph'], () => bell.ring())
  using _read = settle.onCaughtUp(() => bell.ring())
  let before: Verdicts | undefined
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

function noteVerdicts(before: Verdicts | undefined, { clock, desk, state }: NoteStateDeps) {
  const { verdicts } = state.derived
  const when = { atMs: clock.wallMs(), causeOf: desk.causes.take() }
  if (before === undefined) {
    const count = [...verdicts.values()].reduce((sum, own) => sum + own.size, 1)
    desk.put(notesOfAllVerdicts(verdicts, when), count)
  } else if (before !== verdicts) {
    const notes = [...notesOfVerdicts(before, verdicts, when)]
    if (notes.length > 0) desk.put(notes, notes.length)
  }
  return verdicts
}

/** As this master remembers them, after a time of which the log knows too little. */
function noteHosts({ clock, desk, state }: NoteStateDeps): void {
  const cause = { action: 'remembered after a loss', seenAtMs: clock.wallMs() }
  for (const { containers, facts, networks, stamp } of state.graph.hosts.values()) {
    const all = [...containers.values()]
    desk.told({ stamp, facts, networks: [...networks], containers: all, cause })
  }
}
