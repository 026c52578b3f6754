import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { EdgeState } from '../core/edge-state.ts'
import type { PersistedCertificates } from '../core/persisted.ts'
import { nextTurnMs } from '../core/tls/certificate.ts'
import { certificateReport } from '../core/tls/report.ts'
import type { CertificateKeeper, Found } from './take-certificates.ts'

/** A folder is looked at so often: two system calls for each pair in it. */
const LOOK_MS = 5_000
/** A day; longer than some three weeks no timer can wait. */
const TURN_MS_MAX = 24 * 60 * 60 * 1_000

export interface WatchCertificatesDeps {
  /** Undefined when none is set. */
  readonly folder: { look(): Promise<FolderLook> } | undefined
  readonly keeper: Pick<CertificateKeeper, 'take' | 'places'>
  readonly disk: { readCertificates(): Promise<PersistedCertificates | undefined> }
  readonly state: EdgeState
  readonly clock: Clock
}

type FolderLook =
  | { readonly kind: 'same' }
  | { readonly kind: 'unreadable'; readonly why: string }
  | { readonly kind: 'looked'; readonly pairs: ReadonlyMap<string, Found> }

/** What the folder held when it could be read last. */
export interface FolderMemory {
  pairs: ReadonlyMap<string, Found>
  problem: string | undefined
}

/**
 * What was served before, and then what is there now: awaited before the first text is made, so that
 * it has all certificates. A folder that cannot be read, or a file in it that is broken, leaves what
 * the life before had.
 */
export async function beginCertificates(deps: WatchCertificatesDeps): Promise<FolderMemory> {
  const kept = deps.folder === undefined ? undefined : await deps.disk.readCertificates()
  const found = (kept?.pairs ?? []).map(
    ({ name, chain, key }) => [name, { kind: 'text', chain, key }] as const,
  )
  const memory: FolderMemory = { pairs: new Map(found), problem: undefined }
  await deps.keeper.take(memory.pairs)
  await look(deps, memory)
  return memory
}

/** Takes what was replaced in the folder or by the masters, and what its time has come for. */
export async function watchCertificates(
  deps: WatchCertificatesDeps,
  memory: FolderMemory,
  signal: AbortSignal,
): Promise<void> {
  const { state, clock } = deps
  while (!signal.aborted) {
    using _timer = clock.after(waitMs(deps), () => state.certificateBell.ring())
    await state.certificateBell.rung(signal)
    if (!signal.aborted) await look(deps, memory)
  }
}

function waitMs({ folder, state, clock }: WatchCertificatesDeps): number {
  const nowMs = clock.wallMs()
  const turnMs = nextTurnMs(state.shownCertificates, nowMs)
  const untilTurnMs = turnMs === undefined ? TURN_MS_MAX : Math.min(TURN_MS_MAX, turnMs - nowMs)
  return folder === undefined ? untilTurnMs : Math.min(LOOK_MS, untilTurnMs)
}

async function look(deps: WatchCertificatesDeps, memory: FolderMemory): Promise<void> {
  const { folder, keeper, state } = deps
  const found = await folder?.look()
  if (found?.kind === 'unreadable') memory.problem = found.why
  if (found?.kind === 'looked') {
    memory.pairs = found.pairs
    memory.problem = undefined
  }
  await keeper.take(memory.pairs)
  const report = certificateReport(keeper.places, memory.problem)
  const isSame = JSON.stringify(report) === JSON.stringify(state.certificateReport)
  if (isSame) return
  state.certificateReport = report
  state.reportBell.ring()
}
