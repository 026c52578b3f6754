import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { page, table, type Page } from './page.ts'

const HOME = path.resolve(import.meta.dirname, '../../docs/adr')

export function adrIndex(): Page {
  const rows = globSync('[0-9][0-9][0-9][0-9]-*.md', { cwd: HOME })
    .sort()
    .map((file) => {
      const text = readFileSync(path.join(HOME, file), 'utf8')
      const title = /^# \d{4}:? +(.+)$/m.exec(text)?.[1] ?? file
      const status = /^Status: *(.+)$/m.exec(text)?.[1] ?? 'unknown'
      return [file.slice(0, 4), `[${title}](${file})`, status]
    })
  return page('docs/adr/README.md', 'Decisions', 'the files beside this one', [
    'A decision that binds others is a page: context, decision, consequences, and what would' +
      ' change our mind. It stands above every other paper.',
    table(['Number', 'Decision', 'Status'], rows),
  ])
}
