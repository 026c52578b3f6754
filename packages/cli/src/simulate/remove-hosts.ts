import { z } from 'zod'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { ApiClient } from '../io/api-client.ts'
import { ServerProblem } from '../io/server-problem.ts'

export interface RemovalDeps {
  readonly api: ApiClient
  readonly clock: Clock
  /** Nobody waits any longer when it aborts. */
  readonly hurry: AbortSignal
}

/** Who is still there, and what one of them was not removed for. */
export interface Removal {
  readonly left: readonly string[]
  readonly why?: unknown
}

/** An agent that was killed counts as running until it has been silent for 15 s. */
const WAIT_MS_MAX = 25_000
const LOOK_MS = 500
const AT_ONCE = 8

/** Takes hosts out of a federation, however many of them can be. */
export async function removeHosts(deps: RemovalDeps, hosts: readonly string[]): Promise<Removal> {
  const deadline = deps.clock.monoMs() + WAIT_MS_MAX
  const left: string[] = []
  let why: unknown
  const line = hosts.values()
  const work = async (): Promise<void> => {
    for (const host of line) {
      try {
        await removeOne(deps, host, deadline)
      } catch (error) {
        left.push(host)
        why = error
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return { left: left.sort(), why }
}

async function removeOne(deps: RemovalDeps, host: string, deadline: number): Promise<void> {
  const { api, clock, hurry } = deps
  for (;;) {
    try {
      const path = `/hosts/${encodeURIComponent(host)}`
      await api.ask({ method: 'DELETE', path, answer: z.unknown() })
      return
    } catch (error) {
      const code = error instanceof ServerProblem ? error.problem.code : ''
      // Never enrolled, or removed by somebody else: it is not there.
      if (code === 'not-found') return
      if (code !== 'host-present' || hurry.aborted || clock.monoMs() >= deadline) throw error
      await clock.sleep(LOOK_MS, hurry)
    }
  }
}
