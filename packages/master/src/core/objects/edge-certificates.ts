import type { EdgeCertificate, EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { StatusView } from '@roadstead/shared/protocol/http.ts'
import { DAY_MS, SOON_MS } from './expiry.ts'

type Warning = StatusView['warnings'][number]

/** Certificates that an edge does not take, and those of its folder that are about to end. */
export function edgeCertificateWarnings(
  { name: edge, certificates }: EdgeStatus,
  nowWallMs: number,
): readonly Warning[] {
  if (certificates === undefined) return []
  const { problem, list } = certificates
  const whole =
    problem === undefined
      ? []
      : [
          {
            what: `Edge ${edge} cannot look at its certificates: ${problem}.`,
            remedy:
              'It shows those it had before; look at ROADSTEAD_CERTIFICATES_DIR of this edge.',
          },
        ]
  const each = list.flatMap((it) => warningOf(edge, it, nowWallMs) ?? [])
  return [...whole, ...each]
}

/** Of those that the masters keep, the end is said once and not for each edge. */
function warningOf(edge: string, it: EdgeCertificate, nowWallMs: number): Warning | undefined {
  const { name, problem, served, source } = it
  const which = `certificate ${name} of edge ${edge}`
  if (problem !== undefined) {
    const remedy =
      served === undefined
        ? 'Nobody is shown it; replace it by one that is whole.'
        : 'Visitors are shown the one before; replace it by one that is whole.'
    return { what: `The ${which} is not taken: ${problem}.`, remedy }
  }
  if (served === undefined || source === 'object') return undefined
  const leftMs = Date.parse(served.notAfter) - nowWallMs
  if (leftMs > SOON_MS) return undefined
  const remedy = 'Put another one into its place in the folder; it is taken within seconds.'
  return leftMs <= 0
    ? { what: `The ${which} expired on ${served.notAfter}; visitors are turned away.`, remedy }
    : { what: `The ${which} expires in ${Math.ceil(leftMs / DAY_MS)} days.`, remedy }
}
