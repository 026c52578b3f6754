import type { Explanation } from '@roadstead/shared/protocol/http.ts'
import { cut, paint, printable } from '../cell.ts'
import { foldAfter } from '../fold.ts'
import { type Page, WIDE } from '../table.ts'
import { detailText } from './events.ts'

/** Why something is, or is not, routed: each step in the order of deciding, then what to do. */
export function explanationText(explanation: Explanation, page: Page): string {
  const { asOf, subject, routed, steps, remedies } = explanation
  const verdict = routed
    ? paint('routed', 'good', page.colour)
    : paint('NOT routed', 'bad', page.colour)
  const when = asOf === undefined ? 'is' : `at ${printable(asOf.at)} was`
  const lines = [`${printable(subject)} ${when} ${verdict}.`]
  for (const [at, step] of steps.entries()) {
    const mark = step.ok ? paint('✓', 'good', page.colour) : paint('✕', 'bad', page.colour)
    lines.push(`${String(at + 1).padStart(2)} ${mark} ${fitted(step.what, 5, page)}`)
    const details = detailText(step.details)
    if (details === '') continue
    // As long as a reason may be, it is read whole.
    const folded = foldAfter('     ', 5, printable(details), page.wide ? WIDE : page.width)
    lines.push(...folded.map((line) => paint(line, 'dim', page.colour)))
  }
  if (remedies.length > 0) lines.push(routed ? 'Worth knowing:' : 'What to do:')
  // A remedy is the one thing that must be read whole, so it is folded, never cut.
  for (const remedy of remedies) {
    lines.push(...foldAfter(' → ', 3, printable(remedy), page.wide ? WIDE : page.width))
  }
  if (asOf === undefined) return `${lines.join('\n')}\n`
  lines.push(`What this log does not know, which begins at ${printable(asOf.begins)}:`)
  for (const limit of asOf.limits) {
    lines.push(...foldAfter(' - ', 3, printable(limit), page.wide ? WIDE : page.width))
  }
  return `${lines.join('\n')}\n`
}

function fitted(text: string, indent: number, page: Page): string {
  const safe = printable(text)
  return page.wide ? safe : cut(safe, page.width - indent)
}
