import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Note, Place } from '../core/history/note.ts'
import type { HistoryDesk } from './history-desk.ts'

interface Failed {
  readonly did: 'fail'
  readonly why: string
}

/** The log, as far as writing needs it. */
export interface WritableHistory {
  open(call: { readonly nowMs: number }): Promise<
    | {
        readonly did: 'open'
        readonly beginsMs: number
        readonly read: Place
        readonly setAside?: { readonly path: string; readonly why: string }
      }
    | Failed
  >
  write(call: {
    readonly notes: readonly Note[]
    readonly nowMs: number
  }): Promise<{ readonly did: 'write' } | Failed>
  lose(call: {
    readonly sinceMs: number
    readonly untilMs: number
    readonly changes: number
  }): Promise<{ readonly did: 'lose' } | Failed>
  close(call: { readonly nowMs: number }): Promise<{ readonly did: 'close' } | Failed>
}

export interface KeepHistoryDeps {
  readonly desk: HistoryDesk
  readonly history: WritableHistory
  readonly clock: Clock
  readonly log: Log
  readonly count: (key: 'historyChanges', labels: Record<never, string>, by: number) => void
}

/**
 * Takes what was put down to the disk, some at a time. A disk that is full or may not be written costs
 * nobody else anything: what is new stays in memory, and is written when the disk takes it again.
 */
export async function keepHistory(deps: KeepHistoryDeps, signal: AbortSignal): Promise<void> {
  const { clock, desk, history, log } = deps
  let left: readonly Note[] = []
  while (!signal.aborted) {
    if (await begin(deps)) left = await writeAll(left, deps, signal)
    if (!signal.aborted) await clock.sleep(RETRY_MS, signal)
  }
  if (desk.status.state !== 'written') return
  await writeSome([...left, ...desk.take(NOTES_MAX)], deps)
  const ended = await history.close({ nowMs: clock.wallMs() })
  if (ended.did === 'fail') log.warn({ why: ended.why }, 'change log not closed in order')
}

/** Whoever frees a disk looks whether it helped; until then an attempt costs one failed write. */
const RETRY_MS = 5_000
/** Changes come in bursts. What people look at may be so old. */
const PAUSE_MS = 100
const SEEN_MS = 30_000
/** Words for so many take 1 ms (`bench history`), and what else there is to do comes in between. */
const NOTES_MAX = 32

async function begin(deps: KeepHistoryDeps): Promise<boolean> {
  const { clock, desk, history, log } = deps
  const opened = await history.open({ nowMs: clock.wallMs() })
  if (opened.did === 'fail') {
    degrade(opened.why, deps)
    return false
  }
  const { beginsMs, read, setAside } = opened
  if (setAside !== undefined) {
    log.error({ ...setAside }, 'change log could not be read: it was set aside, another is begun')
  }
  desk.resumeAfter(read)
  desk.status = { ...desk.status, beginsMs }
  return true
}

/** Until the log fails, or the process ends: gives back what was not written. */
async function writeAll(
  first: readonly Note[],
  deps: KeepHistoryDeps,
  signal: AbortSignal,
): Promise<readonly Note[]> {
  const { clock, desk } = deps
  let notes = first
  for (;;) {
    if (!(await writeSome(notes, deps))) return notes
    notes = desk.take(NOTES_MAX)
    if (notes.length > 0) continue
    if (signal.aborted) return []
    // So often the log says that this master is there, also when nothing happens.
    using _timer = clock.after(SEEN_MS, () => desk.bell.ring())
    await desk.bell.rung(signal)
    await clock.sleep(PAUSE_MS, signal)
    notes = desk.take(NOTES_MAX)
  }
}

async function writeSome(notes: readonly Note[], deps: KeepHistoryDeps): Promise<boolean> {
  const { clock, count, desk, history, log } = deps
  const written = await history.write({ notes, nowMs: clock.wallMs() })
  if (written.did === 'fail') {
    degrade(written.why, deps)
    return false
  }
  count('historyChanges', {}, notes.length)
  if (desk.status.state === 'memory') log.info({}, 'change log is written again')
  const { beginsMs, bytes } = desk.status
  desk.status = {
    state: 'written',
    ...(beginsMs !== undefined && { beginsMs }),
    ...(bytes !== undefined && { bytes }),
  }
  const loss = desk.takeLoss()
  if (loss === undefined) return true
  log.warn({ ...loss }, 'changes were lost that the change log did not take in time')
  await history.lose(loss)
  desk.restored += 1
  desk.bell.ring()
  return true
}

function degrade(why: string, { desk, log }: KeepHistoryDeps): void {
  const isNew = desk.status.state !== 'memory' || desk.status.why !== why
  if (isNew) log.warn({ why }, 'change log cannot be written, changes stay in memory')
  desk.status = { ...desk.status, state: 'memory', why }
}
