import { type Token, tokensOf } from './tokens.ts'

/** A rule of a Traefik router, as a tree. */
export type Rule =
  | { readonly kind: 'any' | 'all'; readonly of: readonly Rule[] }
  | { readonly kind: 'not'; readonly of: Rule }
  | Matcher

/** `Host(`a`, `b`)` */
export interface Matcher {
  readonly kind: 'matcher'
  readonly name: string
  readonly values: readonly string[]
}

export type Parsed =
  | { readonly kind: 'rule'; readonly rule: Rule }
  /** `expected` at the character `at`, counted from 1. */
  | { readonly kind: 'unreadable'; readonly at: number; readonly expected: string }

/** Deeper than any rule that a person has written, and no danger to the stack. */
const DEPTH_MAX = 32

/**
 * Reads a rule: `!` before `&&` before `||`, as in Go. What it cannot read it names by its place; it
 * never reads a part of a rule and leaves the rest.
 */
export function parseRule(text: string): Parsed {
  const cut = tokensOf(text)
  if (cut.kind === 'unreadable') {
    return { ...cut, expected: 'a matcher, a text in quotes, or one of && || ! ( ) ,' }
  }
  return new Parser(cut.tokens).parse()
}

class Parser {
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0
  #expected: string | undefined

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  parse(): Parsed {
    const rule = this.#any()
    if (this.#expected === undefined && !this.#take('end')) this.#expect('&&, || or the end')
    const expected = this.#expected
    if (rule !== undefined && expected === undefined) return { kind: 'rule', rule }
    return { kind: 'unreadable', at: this.#peek().at, expected: expected ?? 'a matcher' }
  }

  #any(): Rule | undefined {
    return this.#list('any', '||', () => this.#list('all', '&&', () => this.#one()))
  }

  #list(kind: 'any' | 'all', sign: '||' | '&&', part: () => Rule | undefined): Rule | undefined {
    const parts: Rule[] = []
    do {
      const each = part()
      if (each === undefined) return undefined
      parts.push(each)
    } while (this.#take(sign))
    const [only, ...others] = parts
    return others.length === 0 ? only : { kind, of: parts }
  }

  #one(): Rule | undefined {
    if (this.#depth === DEPTH_MAX) return this.#expect(`no more than ${DEPTH_MAX} levels`)
    this.#depth += 1
    const rule = this.#take('!') ? this.#not() : this.#take('(') ? this.#group() : this.#matcher()
    this.#depth -= 1
    return rule
  }

  #not(): Rule | undefined {
    const of = this.#one()
    return of && { kind: 'not', of }
  }

  #group(): Rule | undefined {
    const inner = this.#any()
    if (inner === undefined || this.#take(')')) return inner
    return this.#expect('&&, || or )')
  }

  #matcher(): Rule | undefined {
    const { kind, text: name } = this.#peek()
    if (kind !== 'name') return this.#expect('a matcher, such as Host')
    this.#next += 1
    if (!this.#take('(')) return this.#expect('(')
    const values: string[] = []
    do {
      const value = this.#peek()
      if (value.kind !== 'text') return this.#expect('a text in quotes')
      values.push(value.text)
      this.#next += 1
    } while (this.#take(','))
    return this.#take(')') ? { kind: 'matcher', name, values } : this.#expect(', or )')
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '', at: 1 }
  }

  #take(kind: Token['kind']): boolean {
    if (this.#peek().kind !== kind) return false
    this.#next += 1
    return true
  }

  #expect(what: string): undefined {
    this.#expected ??= what
    return undefined
  }
}
