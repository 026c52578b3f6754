/** Tests that one search may take: ten guilty ones among a thousand need about 130. */
const TESTS_MAX = 200

/**
 * A search for the routes that nginx does not take. `passed` is a set that nginx took as a whole;
 * `suspects` are groups not yet tried with it, next one last.
 */
export interface Search {
  readonly passed: readonly string[]
  readonly guilty: readonly string[]
  readonly suspects: readonly (readonly string[])[]
  readonly tests: number
}

export function beginSearch(candidates: readonly string[]): Search {
  return { passed: [], guilty: [], suspects: halves(candidates), tests: 0 }
}

/** The routes to test next, or undefined when the search is over. */
export function nextTrial(search: Search): readonly string[] | undefined {
  const group = search.suspects.at(-1)
  return group === undefined ? undefined : [...search.passed, ...group]
}

/**
 * The search after the last trial. A group that is refused is halved until one route is left, and
 * every group is tried together with all that passed before it. So two routes that are good alone and
 * bad together cost one of them, and what remains in the end is a set that nginx took as a whole.
 */
export function learnTrial(search: Search, passed: boolean): Search {
  const group = search.suspects.at(-1) ?? []
  const rest = search.suspects.slice(0, -1)
  const tests = search.tests + 1
  if (passed) return { ...search, passed: [...search.passed, ...group], suspects: rest, tests }
  if (group.length === 1)
    return { ...search, guilty: [...search.guilty, ...group], suspects: rest, tests }
  if (tests >= TESTS_MAX) {
    // What is still suspected after so many tests waits outside, so that the rest can go on.
    return { ...search, guilty: [...search.guilty, ...group, ...rest.flat()], suspects: [], tests }
  }
  return { ...search, suspects: [...rest, ...halves(group)], tests }
}

function halves(group: readonly string[]): readonly (readonly string[])[] {
  const middle = Math.ceil(group.length / 2)
  return [group.slice(middle), group.slice(0, middle)].filter((half) => half.length > 0)
}
