/** Throws when a promise that our own code makes is broken. Never for input from outside. */
export function invariant(holds: boolean, why: string): asserts holds {
  if (!holds) throw new Error(`broken invariant: ${why}`)
}

/** Ends a `switch` over a union: the compiler proves that nothing is left over. */
export function unreachable(value: never): never {
  throw new Error(`broken invariant: unexpected ${JSON.stringify(value)}`)
}
