import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import type { DecisionChange } from '../core/graph/fold.ts'

export type DecisionMap = ReadonlyMap<string, Decision>

/** The last set of decisions, on this master's own disk. */
export interface DecisionFile {
  read(): Promise<DecisionMap>
  write(decisions: DecisionMap): Promise<void>
}

export interface RememberDeps {
  readonly file: DecisionFile
  readonly state: {
    readonly graph: { readonly decisions: DecisionMap }
    subscribe(topics: readonly ['graph'], listener: () => void): Disposable
  }
  readonly position: { readonly isCaughtUp: boolean; hasSeen(key: string): boolean }
  readonly leads: () => boolean
  readonly onLeadership: (listener: () => void) => Disposable
  readonly pen: {
    write(drafts: readonly { key: string; decision: Decision | undefined }[]): Promise<void>
  }
  readonly clock: Clock
  readonly log: Log
}

/** What this master knew before it stopped; the stream corrects it a moment later. */
export async function recallDecisions(
  file: Pick<DecisionFile, 'read'>,
  state: { hear(input: DecisionChange): void },
): Promise<void> {
  for (const [key, decision] of await file.read()) state.hear({ kind: 'decision', key, decision })
}

/**
 * Keeps the decisions on disk, and gives them back to a control stream that has lost them: a key that
 * we know and that is not even deleted there can only have been lost.
 */
export async function remember(deps: RememberDeps, signal: AbortSignal): Promise<void> {
  const { clock, position, state } = deps
  const bell = new Bell()
  using _changed = state.subscribe(['graph'], () => bell.ring())
  using _led = deps.onLeadership(() => bell.ring())
  let saved: DecisionMap | undefined
  let saveAtMs = 0
  while (!signal.aborted) {
    const { decisions } = state.graph
    const isDue = clock.monoMs() >= saveAtMs
    if (position.isCaughtUp && isDue && decisions !== saved) {
      saved = await save(deps)
      saveAtMs = clock.monoMs() + Math.min(GAP_MS_MAX, decisions.size * GAP_MS_PER_DECISION)
    }
    if (position.isCaughtUp && deps.leads()) await restore(deps)
    // Decisions come in bursts when the fleet changes; the disk needs only the last of them.
    await clock.sleep(PAUSE_MS, signal)
    // What was lost is looked for on a timer too: nothing rings when nothing arrives.
    using _timer = clock.after(LOOK_MS, () => bell.ring())
    await bell.rung(signal)
  }
}

const PAUSE_MS = 1_000
/** All of them are written each time: in a large fleet a megabyte, and they change all the while. */
const GAP_MS_PER_DECISION = 2
const GAP_MS_MAX = 10_000
const LOOK_MS = 2_000

async function save({ file, log, state }: RememberDeps): Promise<DecisionMap | undefined> {
  const { decisions } = state.graph
  try {
    await file.write(decisions)
    return decisions
  } catch (error) {
    log.error({ err: error }, 'decisions not kept on disk')
    return undefined
  }
}

async function restore({ log, pen, position, state }: RememberDeps): Promise<void> {
  const lost = [...state.graph.decisions].filter(([key]) => !position.hasSeen(key))
  if (lost.length === 0) return
  log.warn({ decisions: lost.length }, 'control stream lost decisions, writing them again')
  try {
    await pen.write(lost.map(([key, decision]) => ({ key, decision })))
  } catch (error) {
    log.warn({ err: error }, 'decisions not written again')
  }
}
