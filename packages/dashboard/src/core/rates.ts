import type { RequestRates } from '@roadstead/shared/protocol/http.ts'

export interface RatesInWords {
  readonly rate: string
  /** Absent while there are none. */
  readonly errors?: string
  /** How long 99 of 100 took at most. */
  readonly slowest?: string
}

/** What visitors ask of a route, for a narrow column; undefined when no edge has told. */
export function ratesInWords(rates: RequestRates | undefined): RatesInWords | undefined {
  if (rates === undefined) return undefined
  const { perSecond, errorsPerSecond, p99Ms } = rates
  return {
    rate: `${short(perSecond)}/s`,
    ...(errorsPerSecond > 0 && { errors: `${short(errorsPerSecond)} errors/s` }),
    ...(p99Ms !== undefined && { slowest: `p99 ${time(p99Ms)}` }),
  }
}

function short(number: number): string {
  if (number >= 10) return String(Math.round(number))
  return number === 0 ? '0' : number.toFixed(number >= 1 ? 1 : 2)
}

function time(ms: number): string {
  if (ms >= 10_000) return '10 s or more'
  return ms >= 1_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms)} ms`
}
