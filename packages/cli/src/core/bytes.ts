const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** A size for a table, in the units that `docker images` uses: three digits and powers of a thousand. */
export function bytesText(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000
    unit += 1
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${value.toFixed(digits)} ${UNITS[unit] ?? ''}`
}
