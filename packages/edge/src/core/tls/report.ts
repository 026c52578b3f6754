import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { Place } from './shelf.ts'

export type CertificateReport = NonNullable<EdgeStatus['certificates']>

/** What fits into the status beside all else; those that somebody should look at come first. */
const TOLD_MAX = 20
const NAMES_TOLD_MAX = 3
const TEXT_MAX = 100

/** @param problem of the folder as a whole. */
export function certificateReport(
  places: readonly Place[],
  problem: string | undefined,
): CertificateReport {
  const urgent = [...places].sort(byUrgency)
  return {
    total: places.length,
    ...(problem === undefined ? {} : { problem }),
    list: urgent.slice(0, TOLD_MAX).map(told),
  }
}

function byUrgency(a: Place, b: Place): number {
  return (
    Number(b.problem !== undefined) - Number(a.problem !== undefined) ||
    (a.kept?.notAfterMs ?? 0) - (b.kept?.notAfterMs ?? 0) ||
    (a.name < b.name ? -1 : 1)
  )
}

function told({ name, source, kept, problem }: Place): CertificateReport['list'][number] {
  return {
    name,
    source,
    ...(problem === undefined ? {} : { problem }),
    ...(kept === undefined
      ? {}
      : {
          served: {
            names: kept.names.slice(0, NAMES_TOLD_MAX),
            namesTotal: kept.names.length,
            issuer: kept.issuer.slice(0, TEXT_MAX),
            notBefore: new Date(kept.notBeforeMs).toISOString(),
            notAfter: new Date(kept.notAfterMs).toISOString(),
          },
        }),
  }
}
