/** What fits into a status, beside everything else. */
const CONFLICTS_MAX = 20

/**
 * Names of our text that another server of this nginx has as well, by what `nginx -t` warns of. The
 * server that nginx read first answers for them.
 */
export function conflictsIn(output: string, text: string): readonly string[] {
  const named = [...output.matchAll(CONFLICT)].map(([, name = '']) => name)
  const ours = named.filter((name) => text.includes(`server_name ${name};`))
  return [...new Set(ours)].sort().slice(0, CONFLICTS_MAX)
}

const CONFLICT = /conflicting server name "([A-Za-z0-9*._-]{1,255})" on /g
