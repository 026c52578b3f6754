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
  | 'hash'
  | 'include'
  | 'keepalive'
  | 'keepalive_timeout'
  | 'least_conn'
  | 'listen'
  | 'location'
  | 'map'
  | 'proxy_connect_timeout'
  | 'proxy_pass'
  | 'proxy_read_timeout'
  | 'proxy_set_header'
  | 'return'
  | 'server'
  | 'server_name'
  | 'set'
  | 'upstream'
  | 'zone'

/** `entry`: a line of a `map`, where the first word is data and not the name of a directive. */
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

/** nginx refuses a word of 4,095 bytes or more; nothing of ours comes near this. */
const DATA = /^[A-Za-z0-9_.:/~[\]=-]{1,600}$/
/** Quoted when printed if it holds a blank; no quote, backslash, brace, semicolon or `#`. */
const FIXED = /^[A-Za-z0-9_.:/~[\]=$, -]{0,200}$/

function isData(text: string): text is SafeText {
  return DATA.test(text)
}

function isFixed(text: string): text is SafeText {
  return FIXED.test(text)
}
