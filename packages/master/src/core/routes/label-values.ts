import type { ReasonCode } from '@roadstead/shared/protocol/reasons.ts'
import { PathMatch, PathPattern, RouteDomain } from '@roadstead/shared/protocol/route.ts'
import { Port } from '@roadstead/shared/protocol/container.ts'

/**
 * Values of labels, checked as they were received: nothing is trimmed, folded or decoded first,
 * because whatever is repaired here would be read differently by somebody else. A text is matched
 * before it is converted: `Number('0x50')` and `Number('')` are numbers too.
 */
export type Read<Value> = { readonly kind: 'value'; readonly value: Value } | Refused

interface Refused {
  readonly kind: 'refused'
  readonly reason: ReasonCode
  /** Beyond the label and its value. */
  readonly details?: Readonly<Record<string, string>>
}

/** A wildcard is a name like another here; the policy says whether it may be held. */
export function readDomain(text: string): Read<RouteDomain> {
  const parsed = RouteDomain.safeParse(text)
  if (parsed.success) return value(parsed.data)
  if (/^\*\.|\.\*$/.test(text)) return refused('invalid-host')
  if (text.startsWith('~') || /[\^$()[\]|\\+?*]/.test(text)) return refused('regex-refused')
  return refused('invalid-host')
}

export function readPath(text: string): Read<PathPattern> {
  const parsed = PathPattern.safeParse(text)
  return parsed.success ? value(parsed.data) : refused('invalid-path')
}

export function readMatch(text: string): Read<PathMatch> {
  if (text === 'regex') return refused('regex-refused')
  const parsed = PathMatch.safeParse(text)
  return parsed.success ? value(parsed.data) : refused('invalid-match')
}

export function readFlag(text: string, reason: ReasonCode): Read<boolean> {
  if (text !== 'true' && text !== 'false') return refused(reason)
  return value(text === 'true')
}

export function readPort(text: string): Read<Port> {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) return refused('invalid-port')
  const parsed = Port.safeParse(Number(text))
  return parsed.success ? value(parsed.data) : refused('invalid-port')
}

/** A value as people may see it: printable ASCII, short, and nothing that acts in a terminal or page. */
export function shown(text: string): string {
  const plain = text
    .slice(0, SHOWN_MAX)
    .replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return plain.length > SHOWN_MAX || text.length > SHOWN_MAX
    ? `${plain.slice(0, SHOWN_MAX - 3)}...`
    : plain
}

/** Enough to recognise one's own label. */
export const SHOWN_MAX = 64

export function value<Value>(read: Value): Read<Value> {
  return { kind: 'value', value: read }
}

export function refused(reason: ReasonCode, details?: Refused['details']): Refused {
  return { kind: 'refused', reason, ...(details !== undefined && { details }) }
}
