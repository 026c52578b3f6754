import type { ObjectFacts } from '@roadstead/shared/protocol/kept-object.ts'
import type { StatusView } from '@roadstead/shared/protocol/http.ts'
import { type Decisions, keptObjects } from './kept-objects.ts'

type Warning = StatusView['warnings'][number]
type CertificateFacts = Extract<ObjectFacts, { object: 'certificate' }>

export const DAY_MS = 86_400_000
/** Whoever renews by a timer does so a month before the end; after that somebody has to look. */
export const SOON_MS = 30 * DAY_MS
const URGENT_MS = 7 * DAY_MS

/** Names of one certificate that a line shows. */
const NAMES_SHOWN_MAX = 3

/** Certificates that are about to end, or have ended; the most urgent first. */
export function expiryWarnings(decisions: Decisions, nowWallMs: number): readonly Warning[] {
  return keptObjects(decisions)
    .flatMap(({ facts, name }) => {
      if (facts.object !== 'certificate') return []
      const leftMs = Date.parse(facts.notAfter) - nowWallMs
      return leftMs > SOON_MS ? [] : [{ leftMs, warning: warningOf(name, facts, leftMs) }]
    })
    .sort((a, b) => a.leftMs - b.leftMs)
    .map(({ warning }) => warning)
}

function warningOf(name: string, facts: CertificateFacts, leftMs: number): Warning {
  const { names, notAfter } = facts
  const more = names.length > NAMES_SHOWN_MAX ? `, and ${names.length - NAMES_SHOWN_MAX} more` : ''
  const whose = `Certificate ${name} (${names.slice(0, NAMES_SHOWN_MAX).join(', ')}${more})`
  const remedy = `Replace it: \`roadstead certificates set ${name} --cert FILE --key FILE\`.`
  const days = Math.floor(leftMs / DAY_MS)
  if (leftMs <= 0) {
    return { what: `${whose} expired on ${notAfter}; visitors are turned away.`, remedy }
  }
  if (leftMs <= URGENT_MS) {
    return { what: `${whose} expires within ${days + 1} days, on ${notAfter}.`, remedy }
  }
  return {
    what: `${whose} expires in ${days} days, on ${notAfter}.`,
    remedy: `${remedy} Whatever renews it has not done so in time.`,
  }
}
