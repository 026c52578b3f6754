import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { data, directive, entry, fixed, type Statement } from '../nginx/directive.ts'
import { print } from '../nginx/print.ts'

/**
 * Streams are a file of their own, since nginx has them outside of `http`. The text of the routes
 * names its content, so that one generation tells both, and a file that was cut, edited or is of
 * another time is recognised before nginx reads it.
 */
export function streamMark(body: string, digest: Digest): readonly Statement[] {
  if (body === '') return []
  const name = data(`s_${digest(body).slice(0, MARK_DIGITS)}`)
  return [
    directive('map', [fixed('$https'), fixed('$rs_streams')], [entry(fixed('default'), name)]),
  ]
}

const MARK_DIGITS = 32
const MARK = /^map \$https \$rs_streams \{\n {2}default s_[0-9a-f]{32};\n\}\n/m

/** The mark in the text of the routes, as it was printed; empty when there are no streams. */
export function markIn(routes: string): string {
  return MARK.exec(routes)?.[0] ?? ''
}

/** Whether the routes were written together with these streams. */
export function isMarked(routes: string, body: string, digest: Digest): boolean {
  return markIn(routes) === print(streamMark(body, digest))
}

export function withoutMark(body: string): string {
  return body.replace(MARK, '')
}
