/** Lines that only the second text has, and those that only the first has, in their order. */
export function diffLines(before: readonly string[], after: readonly string[]): readonly string[] {
  const lines: string[] = []
  let [at, to] = [0, 0]
  const lengths = commonLengths(before, after)
  while (at < before.length || to < after.length) {
    if (at < before.length && to < after.length && before[at] === after[to]) {
      at += 1
      to += 1
    } else if (
      to < after.length &&
      lengthAt(lengths, at, to + 1) >= lengthAt(lengths, at + 1, to)
    ) {
      lines.push(`+ ${after[to]}`)
      to += 1
    } else if (at < before.length) {
      lines.push(`- ${before[at]}`)
      at += 1
    } else {
      lines.push(`+ ${after[to]}`)
      to += 1
    }
  }
  return lines
}

type Lengths = readonly (readonly number[])[]

function lengthAt(lengths: Lengths, at: number, to: number): number {
  return lengths[at]?.[to] ?? 0
}

/** How many lines the rest of both has in common, from each pair of places. */
function commonLengths(before: readonly string[], after: readonly string[]): Lengths {
  const rows: number[][] = Array.from({ length: before.length + 1 }, () => [])
  for (let at = before.length; at >= 0; at -= 1) {
    const row = rows[at] ?? []
    for (let to = after.length; to >= 0; to -= 1) {
      const isSame = at < before.length && to < after.length && before[at] === after[to]
      const skipped = Math.max(lengthAt(rows, at + 1, to), row[to + 1] ?? 0)
      row[to] = isSame ? 1 + lengthAt(rows, at + 1, to + 1) : skipped
    }
  }
  return rows
}
