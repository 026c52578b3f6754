/** Values as Traefik reads them: Go's own words for truth and time, lists with commas. */

const TRUE = /^(?:1|t|true)$/i
const FALSE = /^(?:0|f|false)$/i

/** Undefined when it is neither. */
export function readTruth(text: string): boolean | undefined {
  if (TRUE.test(text)) return true
  return FALSE.test(text) ? false : undefined
}

/** Blanks around an item are no part of it, and empty items are none. */
export function readList(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''))
    .filter((item) => item !== '')
}

/** A whole number without sign, as far as all numbers can still be told apart. */
export function readCount(text: string): number | undefined {
  return /^(?:0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : undefined
}

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
])

/** `90s`, `1m30s`, `500ms`; a number alone is seconds. Undefined for all else, fractions too. */
export function readGoDuration(text: string): number | undefined {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text) * 1_000
  if (!/^(?:[0-9]{1,9}(?:h|ms|m|s)){1,4}$/.test(text)) return undefined
  return [...text.matchAll(/([0-9]+)(h|ms|m|s)/g)].reduce(
    (sum, [, count = '', unit = '']) => sum + Number(count) * (UNIT_MS.get(unit) ?? 0),
    0,
  )
}
