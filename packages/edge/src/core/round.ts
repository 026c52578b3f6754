/** So many are asked in one breath; that takes about as long as a push. */
const BREATH = 64
/** Between breaths of a larger round: to wake up for each of thousands costs half as much again. */
const BREATH_MS = 16
/** The questions of a larger round are spread over this share of it; the rest is for late answers. */
const SPREAD = 0.75

/**
 * When a round of checks asks for the one at this place of `count`, from its beginning on. Five
 * thousand connections opened in one go keep this process for a quarter of a second, and every
 * change that comes meanwhile waits as long (ADR 0028).
 */
export function askedAfterMs(at: number, count: number, roundMs: number): number {
  if (count <= BREATH) return 0
  const evenlyMs = (at / count) * SPREAD * roundMs
  return Math.floor(evenlyMs / BREATH_MS) * BREATH_MS
}
