/**
 * A main file in which one include names another file: how a candidate is tested within a file that
 * is not ours, and stays as its owner wrote it.
 *
 * @param isNamed whether the argument of an `include` is the file in force.
 * @returns undefined when no include names it by itself.
 */
export function withInclude(
  text: string,
  isNamed: (path: string) => boolean,
  candidate: string,
): string | undefined {
  let result = ''
  let copied = 0
  for (const { start, end, word } of includesIn(text)) {
    if (!isNamed(word)) continue
    result += `${text.slice(copied, start)}${candidate}`
    copied = end
  }
  return copied === 0 ? undefined : result + text.slice(copied)
}

interface Word {
  readonly start: number
  readonly end: number
  readonly word: string
}

/** The arguments of all includes, by nginx's rules of words: quotes and comments are not read as text. */
function includesIn(text: string): readonly Word[] {
  const found: Word[] = []
  let words: Word[] = []
  for (const match of text.matchAll(WORDS)) {
    const [whole] = match
    if (whole.startsWith('#')) continue
    if (whole === ';' || whole === '{' || whole === '}') {
      const [first, second] = words
      const isInclude = whole === ';' && first?.word === 'include' && words.length === 2
      if (isInclude && second !== undefined) found.push(second)
      words = []
      continue
    }
    const isQuoted = whole.startsWith('"') || whole.startsWith("'")
    const word = isQuoted ? whole.slice(1, -1) : whole
    words.push({ start: match.index, end: match.index + whole.length, word })
  }
  return found
}

/** A comment, the end of a statement, a quoted word, a plain word. */
const WORDS = /#[^\n]*|[;{}]|"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'|(?:\\[^]|[^\s;{}\\])+/g
