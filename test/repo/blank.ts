/**
 * Blanks out comments and the insides of strings, templates and regular expressions, so that a law
 * about code is not broken by prose. Every position and every line stays where it was; the code
 * inside `${}` stays too.
 *
 * Not a parser: it only has to know where text that is not code begins and ends. The one guess is
 * whether a slash divides or opens a regular expression, and what stands before it tells.
 */
export function blank(text: string): string {
  /** For each template expression that is open, how many braces are open inside it. */
  const open: number[] = []
  let code = ''
  let at = 0
  while (at < text.length) {
    const span = spanAt(text, at, code, open)
    const token = text.slice(at, span.end)
    code += span.kind === 'code' ? token : hollow(token, span.kind)
    at = span.end
  }
  return code
}

interface Span {
  readonly kind: 'code' | 'comment' | 'text'
  readonly end: number
}

const LINE_COMMENT = /[^\n]*/y
const BLOCK_COMMENT = /[^]*?(?:\*\/|$)/y
const SINGLE_QUOTED = /'(?:\\[^]|[^\\'\n])*'?/y
const DOUBLE_QUOTED = /"(?:\\[^]|[^\\"\n])*"?/y
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^\\/[\n])*\/?/y
const TEMPLATE_PART = /[`}](?:\\[^]|\$(?!\{)|[^\\`$])*(?:`|\$\{|$)/y
const PLAIN = /[^'"`/{}]+/y
/** After one of these a value is expected, so a slash opens a regular expression. */
const VALUE_EXPECTED = /(?:^|[=(,:[!&|?{};+\-*%<>~^]|\b(?:return|case|typeof|in|of|await))\s*$/
const LOOK_BACK = 40

function spanAt(text: string, at: number, code: string, open: number[]): Span {
  if (text.startsWith('//', at)) return { kind: 'comment', end: match(LINE_COMMENT, text, at) }
  if (text.startsWith('/*', at)) return { kind: 'comment', end: match(BLOCK_COMMENT, text, at) }
  switch (text[at]) {
    case "'":
      return { kind: 'text', end: match(SINGLE_QUOTED, text, at) }
    case '"':
      return { kind: 'text', end: match(DOUBLE_QUOTED, text, at) }
    case '/': {
      const regex = VALUE_EXPECTED.test(code.slice(-LOOK_BACK))
      return regex ? { kind: 'text', end: match(REGEX, text, at) } : { kind: 'code', end: at + 1 }
    }
    case '`':
      return templateAt(text, at, open)
    case '{':
    case '}':
      return braceAt(text, at, open)
    default:
      return { kind: 'code', end: match(PLAIN, text, at) }
  }
}

function braceAt(text: string, at: number, open: number[]): Span {
  const depth = open.pop()
  if (depth === undefined) return { kind: 'code', end: at + 1 }
  if (text[at] === '}' && depth === 0) return templateAt(text, at, open)
  open.push(text[at] === '{' ? depth + 1 : depth - 1)
  return { kind: 'code', end: at + 1 }
}

function templateAt(text: string, at: number, open: number[]): Span {
  const end = match(TEMPLATE_PART, text, at)
  if (text.startsWith('${', end - 2)) open.push(0)
  return { kind: 'text', end }
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at + 1
}

/** A text keeps the marks at its ends, so that one still sees that there was one. */
function hollow(token: string, kind: 'comment' | 'text'): string {
  const spaces = token.replace(/[^\n]/g, ' ')
  if (kind === 'comment' || token.length < 2) return spaces
  return `${token[0]}${spaces.slice(1, -1)}${token.at(-1)}`
}
