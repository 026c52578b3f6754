import { EventJson } from './engine-json.ts'

/**
 * One line of the event stream, or undefined when it is not an event. `timeNano` is larger than a
 * JSON number can hold exactly, and half of all stamps would come out later than they are; so its
 * digits are taken from the text.
 */
export function parseEvent(line: string): EventJson | undefined {
  try {
    return EventJson.safeParse(JSON.parse(line, exactNanos)).data
  } catch {
    return undefined
  }
}

function exactNanos(key: string, value: unknown, ...rest: readonly unknown[]): unknown {
  if (key !== 'timeNano' || typeof value !== 'number') return value
  return source(rest[0]) ?? value
}

/** The text of the number, which the platform hands to a reviver as a third argument. */
function source(context: unknown): string | undefined {
  if (typeof context !== 'object' || context === null || !('source' in context)) return undefined
  return typeof context.source === 'string' ? context.source : undefined
}
