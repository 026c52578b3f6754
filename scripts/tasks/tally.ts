/** What a run of tests came to. */
export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const NOTHING: Tally = { passed: 0, failed: 0, skipped: 0 }

export function add(a: Tally, b: Tally): Tally {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  }
}

/** The line that closes every run; CI systems look for it. */
export function closingLine({ passed, failed, skipped }: Tally): string {
  return `tests: ${passed} passed, ${failed} failed, ${skipped} skipped`
}
