import type { Statement } from './directive.ts'

/** What nginx would read: words, and a block where one follows. */
export interface Read {
  readonly words: readonly string[]
  readonly block?: readonly Read[]
}

/** Deeper than anything we render; a limit, so that no text can exhaust the stack. */
const DEPTH_MAX = 8

/**
 * Reads nginx text back, by nginx's rules and without knowing who wrote it. It shares nothing with
 * the printer on purpose: the two are compared before a text is used, so a mistake in one of them
 * stops an apply and cannot pass as a directive.
 *
 * @returns undefined when the text is not well formed.
 */
export function tokenize(text: string): readonly Read[] | undefined {
  const source = { text, at: 0 }
  const read = readBlock(source, 0)
  return read !== undefined && source.at >= text.length ? read : undefined
}

/** True when reading the text gives exactly this tree. */
export function readsAs(text: string, tree: readonly Statement[]): boolean {
  const read = tokenize(text)
  return read !== undefined && sameList(read, tree)
}

function sameList(read: readonly Read[], tree: readonly Statement[]): boolean {
  return (
    read.length === tree.length &&
    tree.every((statement, at) => {
      const other = read[at]
      return other !== undefined && sameStatement(other, statement)
    })
  )
}

function sameStatement(read: Read, statement: Statement): boolean {
  const words =
    statement.kind === 'directive' ? [statement.name, ...statement.args] : statement.args
  const block = statement.kind === 'directive' ? statement.block : undefined
  if (read.words.length !== words.length) return false
  if (!words.every((word, at) => read.words[at] === word)) return false
  if (read.block === undefined || block === undefined) return read.block === block
  return sameList(read.block, block)
}

interface Source {
  readonly text: string
  at: number
}

function readBlock(source: Source, depth: number): readonly Read[] | undefined {
  if (depth > DEPTH_MAX) return undefined
  const statements: Read[] = []
  let words: string[] = []
  for (;;) {
    skipBlanks(source)
    const next = source.text[source.at]
    if (next === undefined) return depth === 0 && words.length === 0 ? statements : undefined
    if (next === '}') {
      source.at += 1
      return depth > 0 && words.length === 0 ? statements : undefined
    }
    if (next === ';' || next === '{') {
      source.at += 1
      if (words.length === 0) return undefined
      const block = next === '{' ? readBlock(source, depth + 1) : undefined
      if (next === '{' && block === undefined) return undefined
      statements.push(block === undefined ? { words } : { words, block })
      words = []
      continue
    }
    const word = next === '"' || next === "'" ? readQuoted(source, next) : readBare(source)
    if (word === undefined) return undefined
    words.push(word)
  }
}

function skipBlanks(source: Source): void {
  for (;;) {
    const next = source.text[source.at]
    if (next === ' ' || next === '\t' || next === '\n' || next === '\r') source.at += 1
    else if (next === '#') {
      const end = source.text.indexOf('\n', source.at)
      source.at = end === -1 ? source.text.length : end + 1
    } else return
  }
}

function readQuoted(source: Source, quote: string): string | undefined {
  let word = ''
  for (let at = source.at + 1; at < source.text.length; at += 1) {
    const next = source.text[at]
    if (next === quote) {
      source.at = at + 1
      return word
    }
    if (next === '\\') at += 1
    word += source.text[at] ?? ''
  }
  return undefined
}

function readBare(source: Source): string {
  const start = source.at
  while (source.at < source.text.length && !' \t\r\n;{}'.includes(source.text[source.at] ?? '')) {
    source.at += source.text[source.at] === '\\' ? 2 : 1
  }
  return source.text.slice(start, source.at)
}
