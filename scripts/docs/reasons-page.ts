import { reasonTable } from '../../packages/shared/src/protocol/reasons.ts'
import { code, page, table, type Page } from './page.ts'

const SOURCE = '[reasons.ts](../packages/shared/src/protocol/reasons.ts)'
const HEADS = ['Code', 'State', 'Why', 'What to do']

export function reasonsPage(): Page {
  const rows = Object.entries(reasonTable)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { state, summary, remedy }]) => [code(name), state, summary, remedy])
  return page('docs/reasons.md', 'Reasons', SOURCE, [
    'Every container that asks for a route gets one of these codes for each route it asks for;' +
      ' `roadstead explain` prints it. *Waiting*: time or the container itself will change it.' +
      ' *Refused*: somebody has to change something.',
    table(HEADS, rows),
  ])
}
