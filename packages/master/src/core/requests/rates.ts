import type { RequestRates } from '@roadstead/shared/protocol/http.ts'
import { DURATION_BOUNDS_MS } from '@roadstead/shared/protocol/request-report.ts'
import {
  durationsIn,
  type Grown,
  grownOf,
  type Numbers,
  type RequestLedger,
  type Series,
  statusesIn,
  sum,
} from './ledger.ts'

/** What visitors ask of a route now, over all edges; undefined when no edge has told. */
export function ratesOfRoute(
  ledger: RequestLedger,
  key: string,
  nowMs: number,
): RequestRates | undefined {
  return ratesOf(
    [...ledger.values()].map(({ routes }) => routes.get(key)),
    'whole',
    nowMs,
  )
}

/** Over all that counted the same thing; undefined when none has told. */
export function ratesOf(
  series: readonly (Series | undefined)[],
  which: 'endpoint' | 'whole',
  nowMs: number,
): RequestRates | undefined {
  const grown = series.flatMap((it) => (it === undefined ? [] : (grownOf(it, nowMs) ?? [])))
  if (grown.length === 0) return undefined
  const { buckets } = durationsIn(grown.map(({ numbers }) => numbers).reduce(sum), which)
  const [p50Ms, p99Ms] = [quantile(buckets, 0.5), quantile(buckets, 0.99)]
  return {
    perSecond: perSecond(grown, (statuses) => statuses.reduce((all, each) => all + each, 0)),
    errorsPerSecond: perSecond(grown, (statuses) => statuses.at(-1) ?? 0),
    ...(p50Ms !== undefined && { p50Ms }),
    ...(p99Ms !== undefined && { p99Ms }),
  }
}

/** Two digits behind the point: one request in a window is more than nothing. */
function perSecond(grown: readonly Grown[], count: (statuses: Numbers) => number): number {
  const rates = grown.map(({ numbers, overMs }) => (count(statusesIn(numbers)) * 1_000) / overMs)
  return Math.round(rates.reduce((all, each) => all + each, 0) * 100) / 100
}

/** As if durations were spread evenly over their bucket; of the last one only its beginning is known. */
export function quantile(buckets: Numbers, share: number): number | undefined {
  const count = buckets.reduce((all, each) => all + each, 0)
  if (count <= 0) return undefined
  const rank = share * count
  let below = 0
  for (const [at, inside] of buckets.entries()) {
    const from = at === 0 ? 0 : (DURATION_BOUNDS_MS[at - 1] ?? 0)
    const to = DURATION_BOUNDS_MS[at] ?? from
    if (inside > 0 && below + inside >= rank) {
      return Math.round((from + ((to - from) * (rank - below)) / inside) * 10) / 10
    }
    below += inside
  }
  return DURATION_BOUNDS_MS.at(-1)
}
