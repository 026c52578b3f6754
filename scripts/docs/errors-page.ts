import { errorTable } from '../../packages/shared/src/kernel/errors.ts'
import { code, page, table, type Page } from './page.ts'

const HEADS = ['Code', 'What happened', 'What to do', 'HTTP', 'Exit']

export function errorsPage(): Page {
  const rows = Object.entries(errorTable)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { summary, remedy, http, exit }]) => [
      code(name),
      summary,
      remedy,
      String(http),
      String(exit),
    ])
  return page('docs/errors.md', 'Errors', '[errors.ts](../packages/shared/src/kernel/errors.ts)', [
    'Codes are promises: one is never renamed. The CLI prints the remedy with the error, the API' +
      ' sends it in the body, and the last column is the exit code of the command.',
    table(HEADS, rows),
  ])
}
