import type { Role } from '@roadstead/shared/protocol/decision.ts'

/**
 * Who may call what: the only place that says so. A route that is missing here cannot be registered,
 * so nothing is open by oversight. `open` needs no sign-in and therefore tells nothing about the
 * fleet.
 */
export const authorisationTable = {
  'GET /healthz': 'open',
  'GET /readyz': 'open',
  'GET /leader': 'open',
  'GET /standby': 'open',
  'GET /docs': 'open',
  'GET /docs.css': 'open',
  'GET /api/v1/openapi.json': 'open',
  // Whoever asks the wrong master, also to join or to sign in, has to learn which is the right one.
  'GET /api/v1/leader': 'open',
  'POST /api/v1/session': 'open',
  'POST /api/v1/join': 'open',
  'GET /*': 'open',

  'GET /metrics': 'viewer',
  'GET /api/v1/session': 'viewer',
  'DELETE /api/v1/session': 'viewer',
  'GET /api/v1/status': 'viewer',
  'GET /api/v1/hosts': 'viewer',
  'GET /api/v1/hosts/:name': 'viewer',
  'GET /api/v1/containers': 'viewer',
  'GET /api/v1/containers/*': 'viewer',
  'GET /api/v1/services': 'viewer',
  'GET /api/v1/routes': 'viewer',
  'GET /api/v1/edges': 'viewer',
  'GET /api/v1/events': 'viewer',
  'GET /api/v1/graph': 'viewer',
  'GET /api/v1/explain': 'viewer',
  'GET /api/v1/decisions': 'viewer',
  'GET /api/v1/live': 'viewer',

  'POST /api/v1/confirm': 'operator',

  'POST /api/v1/session/link': 'admin',
  'GET /api/v1/tokens': 'admin',
  'POST /api/v1/tokens': 'admin',
  'DELETE /api/v1/tokens/:id': 'admin',
  'GET /api/v1/rejects': 'admin',
} as const satisfies Record<string, Role | 'open'>

export type Access = Role | 'open'

/** Who may call this route; undefined when the table does not know it. HEAD is GET. */
export function accessOf(method: string, pattern: string): Access | undefined {
  const key = `${method === 'HEAD' ? 'GET' : method} ${pattern}`
  return accessByRoute.get(key)
}

export function mayCall(role: Role, access: Access): boolean {
  return access === 'open' || rank[role] >= rank[access]
}

const rank: Record<Role, number> = { viewer: 1, operator: 2, admin: 3 }
const accessByRoute: ReadonlyMap<string, Access> = new Map(Object.entries(authorisationTable))
