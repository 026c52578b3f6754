import { invariant } from '@roadstead/shared/kernel/invariant.ts'

declare const safe: unique symbol

/**
 * A word that may be printed into nginx's text. It is made only by the functions below, so a plain
 * `string` does not type-check as an argument, and each of them looks at every character. That is a
 * second wall: tables hold nothing but parsed values, whose alphabets have no nginx syntax in them.
 */
export type SafeText = string & { readonly [safe]: true }

/** Every directive that generated text may hold. What is not listed cannot be rendered. */
export type DirectiveName =
  | 'add_header'
  | 'allow'
  | 'auth_basic'
  | 'auth_basic_user_file'
  | 'client_max_body_size'
  | 'deny'
  | 'error_page'
  | 'geo'
  | 'grpc_connect_timeout'
  | 'grpc_hide_header'
  | 'grpc_pass'
  | 'grpc_read_timeout'
  | 'grpc_set_header'
  | 'grpc_ssl_name'
  | 'grpc_ssl_server_name'
  | 'gzip'
  | 'gzip_min_length'
  | 'gzip_proxied'
  | 'gzip_types'
  | 'gzip_vary'
  | 'hash'
  | 'http2'
  | 'if'
  | 'include'
  | 'keepalive'
  | 'keepalive_timeout'
  | 'least_conn'
  | 'limit_req'
  | 'limit_req_status'
  | 'limit_req_zone'
  | 'listen'
  | 'location'
  | 'map'
  | 'proxy_buffering'
  | 'proxy_connect_timeout'
  | 'proxy_hide_header'
  | 'proxy_next_upstream'
  | 'proxy_next_upstream_timeout'
  | 'proxy_next_upstream_tries'
  | 'proxy_pass'
  | 'proxy_protocol'
  | 'proxy_read_timeout'
  | 'proxy_request_buffering'
  | 'proxy_responses'
  | 'proxy_set_header'
  | 'proxy_socket_keepalive'
  | 'proxy_ssl_name'
  | 'proxy_ssl_server_name'
  | 'proxy_timeout'
  | 'recursive_error_pages'
  | 'return'
  | 'server'
  | 'server_name'
  | 'set'
  | 'ssl_certificate'
  | 'ssl_certificate_key'
  | 'stream'
  | 'upstream'
  | 'zone'

/** `entry`: a line of a `map` or `geo`, where the first word is data and not the name of a directive. */
export type Statement =
  | {
      readonly kind: 'directive'
      readonly name: DirectiveName
      readonly args: readonly SafeText[]
      readonly block?: readonly Statement[]
    }
  | { readonly kind: 'entry'; readonly args: readonly SafeText[] }

export function directive(
  name: DirectiveName,
  args: readonly SafeText[],
  block?: readonly Statement[],
): Statement {
  return block === undefined
    ? { kind: 'directive', name, args }
    : { kind: 'directive', name, args, block }
}

export function entry(...args: readonly SafeText[]): Statement {
  return { kind: 'entry', args }
}

/** A word of our own, written in the source; a `string` that varies is refused by the compiler. */
export function fixed<const Text extends string>(
  text: Text & (string extends Text ? never : Text),
): SafeText {
  const word: string = text
  invariant(isFixed(word), `a fixed word of the nginx text is ${JSON.stringify(word)}`)
  return word
}

/** A word from a table: no variable, no quote, no blank, nothing that ends a directive. */
export function data(text: string): SafeText {
  invariant(isData(text), `a value for nginx is ${JSON.stringify(text.slice(0, 64))}`)
  return text
}

/** The value of a header, by the alphabet of labels: quoted, and harmless without quotes, too. */
export function headerValue(text: string): SafeText {
  invariant(isHeaderValue(text), `a header for nginx is ${JSON.stringify(text.slice(0, 64))}`)
  return text
}

/** Names of ours that are told apart by a number. */
export type NumberedName =
  | '$rs_fits_'
  | '$rs_hsts_'
  | '$rs_new_visitor_'
  | '$rs_retry_'
  | '$rs_test_'
  | '$rs_visitor_'
  | '$rs_way_'
  | '@rs_'

export function numbered(name: NumberedName, at: number): SafeText {
  const text = `${name}${at}`
  invariant(isFixed(text) && Number.isSafeInteger(at), `a name of the nginx text is ${text}`)
  return text
}

/** nginx's variable of a header or cookie of the visitor; a hyphen in its name is an underscore there. */
export function visitorVariable(kind: 'http' | 'cookie', name: string): SafeText {
  const text = `$${kind}_${name.replaceAll('-', '_')}`
  invariant(isVisitorVariable(text), `a name for nginx is ${JSON.stringify(name.slice(0, 64))}`)
  return text
}

/** Whether a variable is set, as `if` asks it. */
export function isSet(variable: SafeText): SafeText {
  const text = `(${variable})`
  invariant(isCondition(text), `a condition of the nginx text is ${text.slice(0, 64)}`)
  return text
}

/** Several words as one. What follows the name of a variable must not make it another name. */
export function joined(...parts: readonly SafeText[]): SafeText {
  const text = parts.join('')
  invariant(isApart(text, parts), 'two words of the nginx text would become another name')
  return text
}

/** A star only before a host name. nginx refuses a word of 4,095 bytes; nothing of ours comes near. */
const DATA = /^(?:\*\.)?[A-Za-z0-9_.:/~[\]=-]{1,600}$/
/** Quoted when printed if it holds a blank; no quote, backslash, brace, semicolon or `#`. */
const FIXED = /^[A-Za-z0-9_.:/~[\]=$,@+ -]{0,200}$/
/** As labels may say it; its semicolons and parentheses are quoted when printed. */
const HEADER_VALUE = /^[A-Za-z0-9 _.,:/=+@()*;-]{1,256}$/
const VISITOR_VARIABLE = /^\$(?:http|cookie)_[A-Za-z0-9_]{1,64}$/
const CONDITION = /^\(\$[a-z0-9_]{1,64}\)$/
const ENDS_IN_NAME = /\$[A-Za-z0-9_]*$/
const STARTS_AS_NAME = /^[A-Za-z0-9_]/

function isData(text: string): text is SafeText {
  return DATA.test(text)
}

function isFixed(text: string): text is SafeText {
  return FIXED.test(text)
}

function isHeaderValue(text: string): text is SafeText {
  return HEADER_VALUE.test(text)
}

function isVisitorVariable(text: string): text is SafeText {
  return VISITOR_VARIABLE.test(text)
}

function isCondition(text: string): text is SafeText {
  return CONDITION.test(text)
}

function isApart(text: string, parts: readonly SafeText[]): text is SafeText {
  let end = 0
  return parts.every((part) => {
    const isName = ENDS_IN_NAME.test(text.slice(0, end)) && STARTS_AS_NAME.test(part)
    end += part.length
    return !isName
  })
}
