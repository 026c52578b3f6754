import { readFlow } from './flow-mapping.ts'

/**
 * Mappings of texts, as people write them into one variable: JSON, or YAML in block form or between
 * braces. This is a small part of YAML on purpose. There are no anchors, so nothing can grow beyond
 * what was written; no tags, no lists, no texts of several lines; and a number is the text that was
 * written. What is not in this part is refused, never read as something else.
 */
export type Mapping = ReadonlyMap<string, MappingValue>
export type MappingValue = string | null | Mapping

export type ReadMapping =
  | { readonly kind: 'mapping'; readonly mapping: Mapping }
  /** Lines are counted from 1. */
  | { readonly kind: 'unreadable'; readonly line: number; readonly expected: string }

/** Names, paths and what belongs to each; one more, so that whoever goes deeper is told where. */
const DEPTH_MAX = 4

export function readMapping(text: string): ReadMapping {
  return new MappingReader(text).read()
}

interface Line {
  readonly number: number
  readonly indent: number
  readonly text: string
}

class MappingReader {
  readonly #lines: readonly Line[]
  #next = 0
  #problem: Extract<ReadMapping, { kind: 'unreadable' }> | undefined

  constructor(text: string) {
    this.#lines = linesOf(text)
  }

  read(): ReadMapping {
    const [first] = this.#lines
    if (first === undefined) return { kind: 'unreadable', line: 1, expected: 'a mapping' }
    const isFlow = first.text.startsWith('{')
    const mapping = isFlow ? this.#flow() : this.#block(first.indent, 1)
    const rest = this.#lines[this.#next]
    if (rest !== undefined) this.#refuse(rest, 'a line that is indented like the one before it')
    if (this.#problem !== undefined) return this.#problem
    return { kind: 'mapping', mapping: mapping ?? new Map() }
  }

  /** All of the text between braces, over however many lines. */
  #flow(): Mapping | undefined {
    const text = this.#lines.map((line) => line.text).join(' ')
    const value = this.#flowValue(text, this.#lines[0])
    this.#next = this.#lines.length
    return value instanceof Map ? value : undefined
  }

  #block(indent: number, depth: number): Mapping {
    const mapping = new Map<string, MappingValue>()
    let line = this.#lines[this.#next]
    while (line !== undefined && line.indent === indent && this.#problem === undefined) {
      this.#entry(line, mapping, depth)
      line = this.#lines[this.#next]
    }
    return mapping
  }

  #entry(line: Line, mapping: Map<string, MappingValue>, depth: number): void {
    const { key, rest } = keyOf(line.text) ?? {}
    if (key === undefined || rest === undefined) return this.#refuse(line, 'a key and a colon')
    if (mapping.has(key)) return this.#refuse(line, 'each key only once')
    this.#next += 1
    if (rest !== '') {
      const value = rest.startsWith('{') ? this.#flowValue(rest, line) : scalarOf(rest)
      if (value === undefined) return this.#refuse(line, 'a plain value')
      mapping.set(key, value)
      return
    }
    const below = this.#lines[this.#next]
    if (below === undefined || below.indent <= line.indent) mapping.set(key, null)
    else if (depth === DEPTH_MAX) this.#refuse(below, `no more than ${DEPTH_MAX} levels`)
    else mapping.set(key, this.#block(below.indent, depth + 1))
  }

  #flowValue(text: string, line: Line | undefined): MappingValue | undefined {
    const read = readFlow(text)
    if (typeof read === 'object') return read
    this.#refuse(line ?? { number: 1, indent: 0, text }, read)
    return undefined
  }

  #refuse({ number }: Line, expected: string): void {
    this.#problem ??= { kind: 'unreadable', line: number, expected }
  }
}

/** Lines that say something; a tab is no indentation in YAML, and so it belongs to the text. */
function linesOf(text: string): readonly Line[] {
  return text
    .split(/\r?\n/)
    .map((raw, index) => {
      const indent = /^ */.exec(raw)?.[0].length ?? 0
      return { number: index + 1, indent, text: withoutComment(raw.slice(indent)) }
    })
    .filter(
      ({ indent, number, text: line }) =>
        line !== '' && !(line === '---' && number === 1 && indent === 0),
    )
}

/** A hash begins a comment at the start of a line and after a blank; never inside of quotes. */
function withoutComment(text: string): string {
  let quote = ''
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (quote !== '') quote = char === quote ? '' : quote
    else if ((char === '"' || char === "'") && /[ {,:]/.test(text[at - 1] ?? ' ')) quote = char
    else if (char === '#' && (at === 0 || text[at - 1] === ' ')) return text.slice(0, at).trimEnd()
  }
  return text.trimEnd()
}

const PLAIN = String.raw`[A-Za-z0-9/~._][A-Za-z0-9/~*._^$()|+\\-]*`
const DOUBLE = String.raw`"(?:[^"\\]|\\["\\/])*"`
const SINGLE = String.raw`'[^']*'`
const KEY = new RegExp(`^(${DOUBLE}|${SINGLE}|${PLAIN}) *:(?: +(.*))?$`)
const SCALAR = new RegExp(`^(?:${DOUBLE}|${SINGLE}|${PLAIN})$`)

function keyOf(text: string): { readonly key: string; readonly rest: string } | undefined {
  const [, key, rest = ''] = KEY.exec(text) ?? []
  return key === undefined ? undefined : { key: unquoted(key), rest }
}

function scalarOf(text: string): string | null | undefined {
  if (!SCALAR.test(text)) return undefined
  return text === 'null' || text === '~' ? null : unquoted(text)
}

function unquoted(text: string): string {
  if (text.startsWith('"')) return text.slice(1, -1).replace(/\\(["\\/])/g, '$1')
  return text.startsWith("'") ? text.slice(1, -1) : text
}
