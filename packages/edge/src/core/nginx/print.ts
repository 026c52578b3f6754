import type { SafeText, Statement } from './directive.ts'

/** The text of a tree. Nothing is escaped: no argument can hold a character that would need it. */
export function print(tree: readonly Statement[]): string {
  const lines: string[] = []
  for (const statement of tree) printInto(lines, statement, '')
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function printInto(lines: string[], statement: Statement, indent: string): void {
  const words = statement.args.map(printWord)
  if (statement.kind === 'directive') words.unshift(statement.name)
  const head = indent + words.join(' ')
  if (statement.kind === 'entry' || statement.block === undefined) {
    lines.push(`${head};`)
    return
  }
  lines.push(`${head} {`)
  for (const inner of statement.block) printInto(lines, inner, `${indent}  `)
  lines.push(`${indent}}`)
}

function printWord(text: SafeText): string {
  return PLAIN.test(text) ? text : `"${text}"`
}

/** What nginx reads as one word without quotes. */
const PLAIN = /^[A-Za-z0-9_.:/~[\]=$,@()+*-]+$/
