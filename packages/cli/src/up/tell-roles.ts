import { cut, paint, printable } from '../core/cell.ts'
import type { Shell } from '../shell.ts'
import type { RoleNews } from './run-role.ts'

/** The same last words are told once: a role that dies again and again fills no terminal. */
export function tellRoles({ output }: Pick<Shell, 'output'>): (news: RoleNews) => void {
  const lastWords = new Map<string, string>()
  return (news) => {
    if (news.kind === 'started') {
      output.note(`  ${news.role} runs (pid ${news.pid})\n`)
      return
    }
    const seconds = (news.againMs / 1_000).toFixed(1)
    const mark = paint('▲', 'warn', output.page.colour)
    output.note(`${mark} ${news.role} ${news.how}; starting it again in ${seconds} s\n`)
    const words = news.lastLines.join('\n')
    if (lastWords.get(news.role) === words) return
    lastWords.set(news.role, words)
    for (const line of news.lastLines) {
      output.note(`    ${cut(printable(line), output.page.width - 4)}\n`)
    }
  }
}
