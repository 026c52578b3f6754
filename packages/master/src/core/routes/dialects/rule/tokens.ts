/** A piece of a rule; `at` counts characters from 1, for people. */
export interface Token {
  readonly kind: 'name' | 'text' | Sign | 'end'
  /** Of a name as written, of a text what is between its quotes; otherwise empty. */
  readonly text: string
  readonly at: number
}

type Sign = (typeof SIGNS)[number]

const SIGNS = ['&&', '||', '!', '(', ')', ','] as const

/**
 * Blanks, signs, names, and texts in back quotes, where everything stands for itself, or in double
 * quotes, where a backslash may only stand before a quote or another backslash.
 */
const PIECE = /[ \t\r\n]+|(&&|\|\||[!(),])|([A-Za-z]+)|`([^`]*)`|"((?:[^"\\]|\\["\\])*)"/y

export type Tokens =
  | { readonly kind: 'tokens'; readonly tokens: readonly Token[] }
  | { readonly kind: 'unreadable'; readonly at: number }

/** Cuts a rule into its pieces in one pass; the last is `end`. */
export function tokensOf(rule: string): Tokens {
  const pieces = new RegExp(PIECE)
  const tokens: Token[] = []
  let from = 0
  while (from < rule.length) {
    pieces.lastIndex = from
    const found = pieces.exec(rule)
    const at = from + 1
    if (found === null) return { kind: 'unreadable', at }
    const token = tokenOf(found, at)
    if (token !== undefined) tokens.push(token)
    from = pieces.lastIndex
  }
  return { kind: 'tokens', tokens: [...tokens, { kind: 'end', text: '', at: from + 1 }] }
}

function tokenOf([, sign, name, raw, quoted]: RegExpExecArray, at: number): Token | undefined {
  const kind = SIGNS.find((each) => each === sign)
  if (kind !== undefined) return { kind, text: '', at }
  if (name !== undefined) return { kind: 'name', text: name, at }
  if (raw !== undefined) return { kind: 'text', text: raw, at }
  if (quoted === undefined) return undefined
  return { kind: 'text', text: quoted.replace(/\\(["\\])/g, '$1'), at }
}
