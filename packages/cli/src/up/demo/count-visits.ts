import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Visit } from '../../io/visitor.ts'

/** Fifty visitors a second: enough to meet a change in any state of it, and no load. */
const EVERY_MS = 20

export interface Visits {
  readonly requests: number
  /** No answer at all, or one that is not 200. */
  readonly lost: number
  /** The first failure, for people. */
  readonly firstFailure: string | undefined
  /** When each container was last heard of, on the monotonic clock. */
  readonly lastByContainer: ReadonlyMap<string, number>
}

/** Each visitor comes again and again while `work` goes on; what all of them met together. */
export async function countVisits(
  clock: Clock,
  visitors: readonly (() => Promise<Visit>)[],
  work: () => Promise<void>,
): Promise<Visits> {
  const done = new AbortController()
  const counting = Promise.all(visitors.map((visit) => count(clock, visit, done.signal)))
  try {
    await work()
  } finally {
    done.abort()
  }
  return (await counting).reduce(together)
}

function together(a: Visits, b: Visits): Visits {
  const lastByContainer = new Map(a.lastByContainer)
  for (const [name, at] of b.lastByContainer) {
    lastByContainer.set(name, Math.max(at, lastByContainer.get(name) ?? at))
  }
  return {
    requests: a.requests + b.requests,
    lost: a.lost + b.lost,
    firstFailure: a.firstFailure ?? b.firstFailure,
    lastByContainer,
  }
}

async function count(
  clock: Clock,
  visit: () => Promise<Visit>,
  done: AbortSignal,
): Promise<Visits> {
  const lastByContainer = new Map<string, number>()
  let requests = 0
  let lost = 0
  let firstFailure: string | undefined
  while (!done.aborted) {
    const result = await visit()
    requests += 1
    if (result.kind === 'answered' && result.status === 200) {
      lastByContainer.set(servedBy(result.body), clock.monoMs())
    } else {
      lost += 1
      firstFailure ??= result.kind === 'lost' ? result.error : `status ${result.status}`
    }
    await clock.sleep(EVERY_MS, done)
  }
  return { requests, lost, firstFailure, lastByContainer }
}

/** The container that a page of the demo names; empty when it names none. */
export function servedBy(body: string): string {
  return /served by ([a-z0-9-]+)/.exec(body)?.[1] ?? ''
}
