import type { TableRoute } from '@roadstead/shared/protocol/table.ts'

/**
 * nginx looks for a name among the servers in its text first: the name itself, then the wildcard of
 * the nearest parent. What is not there comes to the server that looks into memory, and is looked for
 * there in the same order. So a wildcard in the text would take names below it away from memory; they
 * have to stand in the text beside it.
 */

export function isWildcard(domain: string): boolean {
  return domain.startsWith('*.')
}

/** Whether one of these wildcards answers for a name, or a longer wildcard, when nothing closer does. */
export function isBelow(domain: string, wildcards: ReadonlySet<string>): boolean {
  if (wildcards.size === 0) return false
  const name = isWildcard(domain) ? domain.slice(2) : domain
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
    if (wildcards.has(`*${name.slice(dot)}`)) return true
  }
  return false
}

/** Wildcards whose routes need a text, by themselves or for the sake of one above them. */
export function wildcardsInText(
  routes: readonly TableRoute[],
  isOwnText: (domain: string) => boolean,
): ReadonlySet<string> {
  const all = new Set(routes.map(({ domain }) => domain).filter(isWildcard))
  const found = new Set<string>()
  // What is above has fewer letters.
  for (const domain of [...all].sort((a, b) => a.length - b.length)) {
    if (isBelow(domain, found) || isOwnText(domain)) found.add(domain)
  }
  return found
}

/** Names whose place depends on wildcards that came into the text, or left it. */
export function movedBy(
  before: ReadonlySet<string>,
  now: ReadonlySet<string>,
  routes: readonly TableRoute[],
): readonly string[] {
  if (before === now) return []
  const moved = new Set([...before, ...now].filter((each) => before.has(each) !== now.has(each)))
  return routes.map(({ domain }) => domain).filter((domain) => isBelow(domain, moved))
}
