import { ContainerView, HostView, listOf } from '@roadstead/shared/protocol/http.ts'
import { ServerProblem } from '../io/server-problem.ts'
import type { Shell } from '../shell.ts'
import { wrongUsage } from './usage.ts'

/** What a drain is asked for: one of the two. */
export type Target = { readonly container: string } | { readonly host: string }

/**
 * Whether a name means a container or a host. A container of the same name as a host is never
 * guessed at: taking out the wrong one of the two costs visitors.
 */
export async function targetOf(
  shell: Pick<Shell, 'api'>,
  what: string,
  isHost: boolean,
): Promise<Target> {
  if (isHost) return { host: what }
  if (what.includes('/') || !(await isHostName(shell, what))) return { container: what }
  if (await isContainerName(shell, what)) {
    const why =
      `${what} is a host and a container: add --host to mean the host, ` +
      `or write HOST/${what} to mean the container`
    throw wrongUsage('<container|host>', why)
  }
  return { host: what }
}

async function isHostName({ api }: Pick<Shell, 'api'>, what: string): Promise<boolean> {
  const { items } = await api.ask({ method: 'GET', path: '/hosts', answer: listOf(HostView) })
  return items.some(({ id, name }) => id === what || name === what)
}

/** By its whole name or id: the beginning of an id is no rival of a host's name. */
async function isContainerName({ api }: Pick<Shell, 'api'>, what: string): Promise<boolean> {
  const path = `/containers/${encodeURIComponent(what)}`
  try {
    const { id, path: name } = await api.ask({ method: 'GET', path, answer: ContainerView })
    return id === what || name.endsWith(`/${what}`)
  } catch (error) {
    if (!(error instanceof ServerProblem)) throw error
    if (error.problem.code === 'not-found') return false
    if (error.problem.code === 'ambiguous-name') return true
    throw error
  }
}
