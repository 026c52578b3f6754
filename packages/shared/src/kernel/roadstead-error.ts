import { type ErrorCode, errorTable } from './errors.ts'

export type ErrorFacts = Readonly<Record<string, string | number | boolean | readonly string[]>>

/**
 * An error with a code from the table, the facts of this case, and its cause. The text names what
 * happened and what to do; nobody has to match on it, `code` is the promise.
 */
export class RoadsteadError extends Error {
  readonly code: ErrorCode
  readonly facts: ErrorFacts

  constructor(code: ErrorCode, facts: ErrorFacts = {}, options?: ErrorOptions) {
    super(sentence(code, facts), options)
    this.name = 'RoadsteadError'
    this.code = code
    this.facts = facts
  }

  get remedy(): string {
    return errorTable[this.code].remedy
  }
}

function sentence(code: ErrorCode, facts: ErrorFacts): string {
  const details = Object.entries(facts).map(([name, value]) => `${name}: ${String(value)}`)
  const { summary } = errorTable[code]
  return details.length === 0 ? summary : `${summary} (${details.join(', ')})`
}
