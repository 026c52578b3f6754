import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { EdgeId, InstanceId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { RequestReport } from '@roadstead/shared/protocol/request-report.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import type { EdgeState } from '../core/edge-state.ts'
import { addTally, emptyBook, type Known, reportsOf, told } from '../core/requests/book.ts'
import type { RequestSource } from '../core/requests/source.ts'
import { type EdgeTable, peerOf } from '../core/table.ts'

const FOLD_MS = 1_000
/** Every so many seconds the masters are told. */
const FOLDS_PER_REPORT = 5
/** Every so many reports they are told all of it: one of them may have missed some, or be new. */
const REPORTS_PER_WHOLE = 12

export interface CountRequestsDeps {
  readonly requests: RequestSource
  readonly self: { readonly site: SiteId; readonly edge: EdgeId; readonly instance: InstanceId }
  readonly bus: { tellRequests(report: RequestReport): boolean }
  readonly state: Pick<EdgeState, 'desired' | 'inForce'>
  readonly seriesMax: number
  readonly clock: Clock
}

/** Counts what visitors asked, and tells it to the masters; asked to stop, once more. */
export async function countRequests(deps: CountRequestsDeps, signal: AbortSignal): Promise<void> {
  const { requests, self, bus, clock } = deps
  const { site, edge, instance } = self
  const known = rememberKnown(deps)
  let book = emptyBook
  let seq = 1
  let reports = 0
  for (let folds = 1; ; folds += 1) {
    const isLast = signal.aborted
    await fold()
    if (isLast || folds % FOLDS_PER_REPORT === 0) await tell()
    if (isLast) return
    await clock.sleep(FOLD_MS, signal)
  }

  async function fold(): Promise<void> {
    const taken = await requests.take()
    if (taken !== undefined) book = addTally(book, taken.tally, taken.lost, known())
  }

  async function tell(): Promise<void> {
    const which = reports % REPORTS_PER_WHOLE === 0 ? 'all' : 'changed'
    const messages = reportsOf(book, { site, edge, instance }, seq, which)
    seq += messages.length
    if (!messages.every((message) => bus.tellRequests(message))) return
    book = told(book)
    reports += 1
    requests.told()
    // At once: a successor would tell again what nobody has let go of.
    await fold()
  }
}

/** Looked up anew when another table is there; the one that is about to be in force counts, too. */
function rememberKnown({ state, seriesMax }: CountRequestsDeps): () => Known {
  let tables: readonly (EdgeTable | undefined)[] = []
  let known: Known = { routes: new Set(), endpoints: new Set(), seriesMax }
  return () => {
    const now = [state.inForce?.table, state.desired?.table]
    if (now.some((table, at) => table !== tables[at])) {
      tables = now
      const routes = now.flatMap((table) => table?.routes ?? [])
      const services = now.flatMap((table) => table?.services ?? [])
      known = {
        routes: new Set(routes.map(routeKey)),
        endpoints: new Set(services.flatMap(({ endpoints }) => endpoints.map(peerOf))),
        seriesMax,
      }
    }
    return known
  }
}
