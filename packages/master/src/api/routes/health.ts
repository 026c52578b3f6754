import { z } from 'zod'
import type { ApiServer } from '../server.ts'

export interface HealthDeps {
  /** What has to hold before this master is any use, by name. */
  readonly checks: () => Readonly<Record<string, boolean>>
  readonly isLeader: () => boolean
}

const Health = z.object({
  status: z.enum(['ok', 'not-ready']),
  checks: z.record(z.string(), z.boolean()),
})

/** For supervisors and load balancers: no sign-in, no facts about the fleet. */
export function addHealth(app: ApiServer, { checks, isLeader }: HealthDeps): void {
  app.get('/healthz', () => 'ok')
  app.get('/readyz', { schema: { response: { 200: Health, 503: Health } } }, (_request, reply) => {
    const now = checks()
    const ready = Object.values(now).every(Boolean)
    const body = { status: ready ? 'ok' : 'not-ready', checks: now } as const
    reply.code(ready ? 200 : 503)
    return body
  })
  app.get('/leader', (_request, reply) => role(reply.code(isLeader() ? 200 : 503), isLeader()))
  app.get('/standby', (_request, reply) => role(reply.code(isLeader() ? 503 : 200), isLeader()))
}

function role<Reply extends { send(body: string): unknown }>(
  reply: Reply,
  leads: boolean,
): unknown {
  return reply.send(leads ? 'leader' : 'standby')
}
