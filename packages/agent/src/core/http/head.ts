/**
 * Heads of HTTP/1.1 messages, read as strictly as the grammar allows.
 *
 * Whoever stands between two sides of a connection must see the same messages in it as the engine
 * does: a request that only one of them sees could be a stop that nobody held. So nothing is
 * guessed. What has one reading only is passed on, and every spelling that parsers are known to read
 * in different ways (bare line feeds, folded lines, two lengths, a length beside chunks) is
 * malformed. No Docker client sends any of these.
 */

/** As much as the engine itself takes: the credentials of many registries travel in a header. */
export const HEAD_BYTES_MAX = 1024 * 1024

export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  /** From here on the connection is a pipe: upgraded, taken over, or answered until it closes. */
  | { readonly kind: 'raw' }

type Headers = ReadonlyMap<string, readonly string[]>

export interface RequestHead {
  readonly method: string
  readonly target: string
  /** By names in small letters. */
  readonly headers: Headers
  readonly framing: Framing
}

export interface ResponseHead {
  readonly status: number
  readonly framing: Framing
}

export type Parsed<Head> =
  | { readonly kind: 'head'; readonly head: Head }
  | { readonly kind: 'malformed'; readonly problem: string }

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const REQUEST_LINE = new RegExp(`^(${TOKEN}) ([\\x21-\\x7e\\x80-\\xff]+) HTTP/1\\.([01])$`)
const STATUS_LINE = /^HTTP\/1\.[01] ([1-5][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/
const HEADER = new RegExp(`^(${TOKEN}):[ \\t]*([\\t\\x20-\\x7e\\x80-\\xff]*)$`)
/** 15 digits are exact in a number, and far more than any disk. */
const LENGTH = /^[0-9]{1,15}$/

const NO_BODY: Framing = { kind: 'none' }

/** @param text everything before the empty line, one character per byte. */
export function parseRequestHead(text: string): Parsed<RequestHead> {
  const [first = '', ...rest] = text.split('\r\n')
  const [, method = '', target = '', minor] = REQUEST_LINE.exec(first) ?? []
  if (minor === undefined) return malformed('the first line is not a request of HTTP/1.1')
  const headers = parseHeaders(rest)
  if (headers === undefined) return malformed('a header line is not of the form "name: value"')
  if (method === 'CONNECT' || method === 'PRI') return malformed(`${method} is not supported`)
  // HTTP/2 in place of HTTP/1.1 for the whole API; gRPC upgrades, which do not say this, pass.
  if (headers.has('http2-settings')) return malformed('HTTP2-Settings is not supported')
  const framing = framingOf(headers)
  if (framing === undefined) return malformed('the length of the body is not clear')
  if (framing.kind === 'chunked' && minor === '0') return malformed('chunks are not of HTTP/1.0')
  return { kind: 'head', head: { method, target, headers, framing: framing ?? NO_BODY } }
}

/** @param method of the request that it answers, since an answer to HEAD has no body. */
export function parseResponseHead(text: string, method: string): Parsed<ResponseHead> {
  const [first = '', ...rest] = text.split('\r\n')
  const status = Number(STATUS_LINE.exec(first)?.[1])
  const headers = parseHeaders(rest)
  if (Number.isNaN(status) || headers === undefined) return malformed('not an answer of HTTP/1.1')
  const framing = responseFraming(status, method, headers)
  if (framing === undefined) return malformed('the length of the body is not clear')
  return { kind: 'head', head: { status, framing } }
}

function responseFraming(status: number, method: string, headers: Headers): Framing | undefined {
  if (status === 101) return { kind: 'raw' }
  if (status < 200 || status === 204 || status === 304 || method === 'HEAD') return NO_BODY
  const hasLength = headers.has('content-length') || headers.has('transfer-encoding')
  return hasLength ? framingOf(headers) : { kind: 'raw' }
}

/** Undefined when there is more than one way to read it. */
function framingOf(headers: Headers): Framing | undefined {
  const [length, ...moreLengths] = headers.get('content-length') ?? []
  const [coding, ...moreCodings] = headers.get('transfer-encoding') ?? []
  if (moreLengths.length > 0 || moreCodings.length > 0) return undefined
  if (coding !== undefined) {
    return length === undefined && coding.toLowerCase() === 'chunked'
      ? { kind: 'chunked' }
      : undefined
  }
  if (length === undefined || length === '0') return NO_BODY
  return LENGTH.test(length) ? { kind: 'length', bytes: Number(length) } : undefined
}

function parseHeaders(lines: readonly string[]): Headers | undefined {
  const headers = new Map<string, string[]>()
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? []
    if (name === undefined || value === undefined) return undefined
    const key = name.toLowerCase()
    headers.set(key, [...(headers.get(key) ?? []), value.trimEnd()])
  }
  return headers
}

function malformed(problem: string): { readonly kind: 'malformed'; readonly problem: string } {
  return { kind: 'malformed', problem }
}
