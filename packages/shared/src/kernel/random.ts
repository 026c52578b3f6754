/** Chance as an argument, for the same reason as `Clock`: a test owns it, a seed repeats it. */
export interface Random {
  /** A number in [0, 1). Not for secrets: those come from the operating system, in `io/`. */
  next(): number
}

export const systemRandom: Random = { next: () => Math.random() }

/** `ms` plus or minus `share` of it, so that a fleet never acts in step. */
export function jitter(ms: number, share: number, random: Random): number {
  return ms * (1 - share + 2 * share * random.next())
}

/** A repeatable source (mulberry32), for simulations and tests. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
    },
  }
}
