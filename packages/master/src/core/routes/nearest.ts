/** Longer words are not compared: nobody mistypes a key into this. */
const WORD_MAX = 64

/** The candidate that `word` most likely was meant to be; undefined when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > WORD_MAX) return undefined
  const [best] = candidates
    // It takes at least as many edits as the lengths differ; most are out by that alone.
    .filter((candidate) => Math.abs(candidate.length - word.length) <= editsMax(candidate))
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .filter(({ candidate, distance }) => distance <= editsMax(candidate))
    .sort((a, b) => a.distance - b.distance)
  return best?.candidate
}

function editsMax(candidate: string): number {
  return Math.max(2, candidate.length / 3)
}

/**
 * Insertions, deletions, substitutions and swaps of neighbours that lead from one word to the other
 * (Damerau-Levenshtein, where no part is edited twice).
 */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwap =
        row > 1 &&
        column > 1 &&
        from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1]
      const cost = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(beforeLast, column - 2) + 1 : Infinity,
      )
      current.push(cost)
    }
    beforeLast = last
    last = current
  }
  return at(last, to.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity
}
