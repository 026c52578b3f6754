import type { Mapping, MappingValue } from './mapping.ts'

/**
 * Signs, texts in quotes, and plain texts; a colon after a plain text needs a blank behind it, since
 * `{a:1}` is one word in YAML.
 */
const PIECE =
  /[ \t]+|([{},])|(:)|"((?:[^"\\]|\\["\\/])*)"|'([^']*)'|([A-Za-z0-9/~._][A-Za-z0-9/~*._^$()|+\\-]*)/y

interface Piece {
  readonly kind: '{' | '}' | ',' | ':' | 'text'
  readonly text: string | null
  readonly isPlain: boolean
  /** Something other than a sign follows without a blank. */
  readonly isTight: boolean
}

/** Deep enough for what is read, with one level to spare. */
const DEPTH_MAX = 4

/** A mapping between braces, as JSON and YAML write it; or what was expected where it ends. */
export function readFlow(text: string): Mapping | string {
  const pieces = piecesOf(text)
  if (pieces === undefined) return 'texts, plain or in quotes, and { } : ,'
  return new FlowReader(pieces).read()
}

class FlowReader {
  readonly #pieces: readonly Piece[]
  #next = 0
  #expected: string | undefined

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces
  }

  read(): Mapping | string {
    const mapping = this.#mapping(1)
    if (this.#next < this.#pieces.length) this.#expect('the end after }')
    return this.#expected ?? mapping
  }

  #mapping(depth: number): Mapping {
    const mapping = new Map<string, MappingValue>()
    if (!this.#take('{')) this.#expect('{')
    if (depth > DEPTH_MAX) this.#expect(`no more than ${DEPTH_MAX} levels`)
    while (this.#expected === undefined && !this.#take('}')) {
      this.#entry(mapping, depth)
      if (!this.#take(',') && this.#pieces[this.#next]?.kind !== '}') this.#expect(', or }')
    }
    return mapping
  }

  #entry(mapping: Map<string, MappingValue>, depth: number): void {
    const key = this.#text()
    if (key === undefined) return
    if (mapping.has(key.text ?? 'null')) this.#expect('each key only once')
    const colon = this.#pieces[this.#next]
    if (!this.#take(':')) this.#expect('a colon')
    if (key.isPlain && colon?.isTight === true) this.#expect('a blank after the colon')
    const isMapping = this.#pieces[this.#next]?.kind === '{'
    const value = isMapping ? this.#mapping(depth + 1) : this.#text()?.text
    if (value !== undefined) mapping.set(key.text ?? 'null', value)
  }

  #text(): Piece | undefined {
    const piece = this.#pieces[this.#next]
    if (piece?.kind !== 'text') {
      this.#expect('a text')
      return undefined
    }
    this.#next += 1
    return piece
  }

  #take(kind: Piece['kind']): boolean {
    if (this.#pieces[this.#next]?.kind !== kind) return false
    this.#next += 1
    return true
  }

  #expect(what: string): void {
    this.#expected ??= what
  }
}

function piecesOf(text: string): readonly Piece[] | undefined {
  const pattern = new RegExp(PIECE)
  const pieces: Piece[] = []
  let from = 0
  while (from < text.length) {
    pattern.lastIndex = from
    const found = pattern.exec(text)
    if (found === null) return undefined
    from = pattern.lastIndex
    const piece = pieceOf(found, /[^ \t{},]/.test(text[from] ?? ' '))
    if (piece !== undefined) pieces.push(piece)
  }
  return pieces
}

const SIGNS = ['{', '}', ',', ':'] as const

function pieceOf(
  [, sign, colon, double, single, plain]: RegExpExecArray,
  isTight: boolean,
): Piece | undefined {
  const kind = SIGNS.find((each) => each === (sign ?? colon))
  if (kind !== undefined) return { kind, text: null, isPlain: false, isTight }
  const quoted = double?.replace(/\\(["\\/])/g, '$1') ?? single
  if (quoted !== undefined) return { kind: 'text', text: quoted, isPlain: false, isTight }
  if (plain === undefined) return undefined
  const text = plain === 'null' || plain === '~' ? null : plain
  return { kind: 'text', text, isPlain: true, isTight }
}
