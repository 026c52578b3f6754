import assert from 'node:assert/strict'
import type { RouteView } from '@roadstead/shared/protocol/http.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from './eventually.ts'
import { visitOf } from './parts.ts'
import type { Rig } from './rig.ts'
import { type Answer, type Report, visitOnce } from './visitor.ts'

/** Far beyond what is promised, near enough to end a test that will not pass. */
const PATIENCE_MS = 12_000

export interface Where {
  readonly path?: string
  readonly withinMs?: number
  readonly edge?: number
}

/** For so long after a reload an old worker of nginx may still take a connection. */
const OLD_WORKERS_MS = 250

/** Visitors of the domain are answered by this container and no other, and not by chance. */
export async function answeredBy(
  rig: Rig,
  domain: string,
  container: string,
  where: Where = {},
): Promise<void> {
  await eventually(
    `${domain} is answered by ${container}`,
    async () => {
      const untilMs = performance.now() + OLD_WORKERS_MS
      while (performance.now() < untilMs) {
        const { by, failure } = await visit(rig, domain, where)
        if (failure !== undefined) throw new Error(failure)
        if (by !== container) throw new Error(`answered by ${by}`)
        await sleep(5)
      }
      return true
    },
    { withinMs: where.withinMs ?? PATIENCE_MS },
  )
}

/** Each of these containers answers visitors of the domain. */
export async function answeredByAll(
  rig: Rig,
  domain: string,
  containers: readonly string[],
  where: Where = {},
): Promise<void> {
  const heard = new Set<string>()
  await eventually(
    `${domain} is answered by ${containers.join(' and ')}`,
    async () => {
      const { by } = await visit(rig, domain, where)
      if (by !== undefined) heard.add(by)
      if (containers.every((container) => heard.has(container))) return true
      throw new Error(`heard only ${[...heard].join(', ') || 'nobody'}`)
    },
    { withinMs: where.withinMs ?? PATIENCE_MS },
  )
}

/** Visitors of the domain get an answer that says that nobody serves it. */
export async function answeredByNobody(
  rig: Rig,
  domain: string,
  where: Where = {},
): Promise<number> {
  return eventually(
    `nobody answers for ${domain}`,
    async () => {
      const { by, status, failure } = await visit(rig, domain, where)
      if (by !== undefined) throw new Error(`${by} does`)
      if (status === undefined) throw new Error(failure)
      return status
    },
    { withinMs: where.withinMs ?? PATIENCE_MS },
  )
}

/** The leader says this of the route. */
export async function routeIs(
  rig: Rig,
  domain: string,
  state: RouteView['state'],
  withinMs = PATIENCE_MS,
): Promise<RouteView> {
  const { leader } = await rig.leader()
  return eventually(
    `the route of ${domain} is ${state}`,
    async () => {
      const route = (await leader.api.routes()).find((it) => it.domain === domain)
      if (route?.state === state) return route
      throw new Error(`it is ${route?.state ?? 'not there'}`)
    },
    { withinMs },
  )
}

/** Not one request was lost, and there were enough of them to tell. */
export function assertNothingLost(report: Report, requestsMin = 20): void {
  assert.deepEqual(report.failures, {})
  assert.ok(report.requests >= requestsMin, `only ${report.requests} requests were made`)
}

function visit(rig: Rig, domain: string, { edge = 0, path = '/' }: Where): Promise<Answer> {
  return visitOnce(visitOf(rig.edge(edge), domain, { path }))
}
