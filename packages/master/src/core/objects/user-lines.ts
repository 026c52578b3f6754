import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { USERS_MAX } from '@roadstead/shared/protocol/kept-object.ts'
import { UserEntry } from '@roadstead/shared/protocol/route-settings.ts'

/**
 * Hashes that nginx can check wherever it runs: those of its own, and those that every C library of
 * Linux has. What has no mark may be the word itself.
 */
const HASH = /^(?:\$apr1\$|\$2[abxy]\$(\d\d)\$|\$[56]\$|\{SHA\}|\{SSHA\})/

/** nginx checks in a worker, which does nothing else meanwhile: cost 12 is a quarter of a second. */
const COST_MAX = 12

/** The lines in the order of their names. @throws RoadsteadError `bad-input` that quotes no hash */
export function sortedUsers(lines: readonly string[]): string[] {
  const byName = new Map<string, string>()
  for (const [at, line] of lines.entries()) {
    const name = nameOf(line)
    const fault = UserEntry.safeParse(line).success ? faultOf(line) : FORM
    const where = name === '' ? `line ${at + 1}` : name
    if (fault !== undefined) throw new RoadsteadError('bad-input', { user: where, why: fault })
    if (byName.has(name)) {
      throw new RoadsteadError('bad-input', { user: name, why: 'is there twice' })
    }
    byName.set(name, line)
  }
  if (byName.size > USERS_MAX) {
    throw new RoadsteadError('bad-input', { users: `at most ${USERS_MAX} in one object` })
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line)
}

/** What is there, with some users put in or taken out. */
export function changedUsers(
  before: readonly string[],
  { set, remove }: { readonly set: readonly string[]; readonly remove: readonly string[] },
): string[] {
  const gone = new Set([...set.map(nameOf), ...remove])
  return [...before.filter((line) => !gone.has(nameOf(line))), ...set]
}

/** Empty when the line has none that could be shown. */
export function nameOf(line: string): string {
  return /^([A-Za-z0-9_.@-]{1,64}):/.exec(line)?.[1] ?? ''
}

const FORM = 'must be name:hash, as htpasswd writes it; names are of letters, digits, _ . @ -'

function faultOf(line: string): string | undefined {
  const [mark, cost] = HASH.exec(line.slice(line.indexOf(':') + 1)) ?? []
  if (mark === undefined) return 'has no hash that nginx can check; use bcrypt, as htpasswd -B does'
  if (cost !== undefined && Number(cost) > COST_MAX) {
    return `has bcrypt of cost ${cost}; nginx would stand still at each request, take 5`
  }
  return undefined
}
