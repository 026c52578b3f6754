import type { Refusal } from './intent.ts'
import { type Read, shown } from './label-values.ts'

/** What is wrong with a label, or with what labels say together. */
export type Problem = Pick<Refusal, 'reason' | 'details'>

export type Found<Value> = { readonly value: Value } | Problem

/** A label, or part of one. */
interface Told {
  readonly key: string
  readonly value: string
}

/** What a label says, or what it says when it is not there. */
export function readOr<Value>(
  label: Told | undefined,
  otherwise: string,
  read: (text: string) => Read<Value>,
): Found<Value> {
  const told = label ?? { key: '', value: otherwise }
  const found = read(told.value)
  if (found.kind === 'value') return { value: found.value }
  return problem(found.reason, told, found.details)
}

export function problem(
  reason: Problem['reason'],
  { key, value }: Told,
  more: Problem['details'] = {},
): Problem {
  return { reason, details: { label: shown(key), value: shown(value), ...more } }
}

/**
 * Reads labels one after the other, and remembers the first that is wrong: whoever reads many looks
 * once, at the end, before anything that was read is used.
 */
export class LabelReader {
  first: Problem | undefined

  /** Undefined when the label is not there, and when it is wrong. */
  read<Value>(label: Told | undefined, read: (text: string) => Read<Value>): Value | undefined {
    if (label === undefined) return undefined
    const found = readOr(label, '', read)
    if ('value' in found) return found.value
    this.refuse(found)
    return undefined
  }

  refuse(found: Problem): void {
    this.first ??= found
  }
}
