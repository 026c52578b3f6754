import type { Role } from '@roadstead/shared/protocol/decision.ts'

type Access = Role | 'open'

interface RouteEntry {
  readonly access: Access
  readonly what: string
}

/**
 * Who may call what: the only place that says so. A route that is missing here cannot be registered,
 * so nothing is open by oversight. `open` needs no sign-in and therefore tells nothing about the
 * fleet.
 */
export const authorisationTable = {
  'GET /healthz': { access: 'open', what: 'The process lives.' },
  'GET /readyz': { access: 'open', what: 'Whether it can be used, check by check.' },
  'GET /leader': { access: 'open', what: '200 on the master that leads, 503 on any other.' },
  'GET /standby': { access: 'open', what: '200 on a standby, 503 on the leader.' },
  'GET /docs': { access: 'open', what: 'This page.' },
  'GET /docs.css': { access: 'open', what: 'Its looks.' },
  'GET /api/v1/openapi.json': { access: 'open', what: 'The description of the API for programs.' },
  // Whoever asks the wrong master, also to join or to sign in, has to learn which is the right one.
  'GET /api/v1/leader': { access: 'open', what: 'Who leads, since when, and where it answers.' },
  'POST /api/v1/session': {
    access: 'open',
    what: 'Signs in by a one-time code or a token; answers with a cookie.',
  },
  'POST /api/v1/join': {
    access: 'open',
    what: 'Brings in an agent, an edge or a master by a join token.',
  },
  'GET /*': { access: 'open', what: 'The dashboard.' },

  'GET /metrics': { access: 'viewer', what: 'Metrics for Prometheus.' },
  'GET /api/v1/session': { access: 'viewer', what: 'Who is signed in.' },
  'DELETE /api/v1/session': { access: 'viewer', what: 'Signs out.' },
  'GET /api/v1/status': { access: 'viewer', what: 'How this master is, and what is degraded.' },
  'GET /api/v1/hosts': { access: 'viewer', what: 'All hosts.' },
  'GET /api/v1/hosts/:name': { access: 'viewer', what: 'One host, by name or id.' },
  'GET /api/v1/containers': { access: 'viewer', what: 'All containers, or those of one host.' },
  'GET /api/v1/containers/*': {
    access: 'viewer',
    what: 'One container, by name, host/name, id or unique beginning of an id.',
  },
  'GET /api/v1/images': {
    access: 'viewer',
    what: 'Images, the hosts that have them and the containers that run them.',
  },
  'GET /api/v1/images/*': {
    access: 'viewer',
    what: 'One image with its layers, by tag, digest, id or unique beginning of an id.',
  },
  'GET /api/v1/volumes': { access: 'viewer', what: 'Volumes, and the containers that mount them.' },
  'GET /api/v1/services': { access: 'viewer', what: 'Services with their endpoints.' },
  'GET /api/v1/routes': {
    access: 'viewer',
    what: 'Routes, each routed or with the reason why not.',
  },
  'GET /api/v1/edges': {
    access: 'viewer',
    what: 'Edges, what they have in force and what they refused.',
  },
  'GET /api/v1/events': {
    access: 'viewer',
    what: 'What happened, oldest first: the change log, and with after the list in memory.',
  },
  'GET /api/v1/requests': {
    access: 'viewer',
    what: 'Requests of visitors by route and by endpoint, as the edges have counted them.',
  },
  'GET /api/v1/graph': { access: 'viewer', what: 'The inventory as things and links.' },
  'GET /api/v1/explain': {
    access: 'viewer',
    what: 'Why a container, a domain or a URL is routed, or is not; with at, at that time.',
  },
  'GET /api/v1/decisions': { access: 'viewer', what: 'What the leader concluded.' },
  'GET /api/v1/runs': { access: 'viewer', what: 'Runs under way and lately ended, newest first.' },
  'GET /api/v1/runs/:id': { access: 'viewer', what: 'One run, by its id or the beginning of it.' },
  'GET /api/v1/policy': { access: 'viewer', what: 'The policy as it was written, and by whom.' },
  'GET /api/v1/live': { access: 'viewer', what: 'The live feed, as a WebSocket.' },

  'POST /api/v1/confirm': {
    access: 'operator',
    what: 'Confirms that silent hosts are really lost.',
  },

  'POST /api/v1/policy/check': {
    access: 'operator',
    what: 'What is wrong with the text of a policy, line by line.',
  },
  'POST /api/v1/policy/diff': {
    access: 'operator',
    what: 'What a policy would change, by the hosts and containers that are there now.',
  },

  'POST /api/v1/drain': {
    access: 'operator',
    what: 'Takes a container or a host out of routing, and waits until no edge uses it.',
  },
  'POST /api/v1/undrain': { access: 'operator', what: 'Takes a drain back.' },
  'POST /api/v1/restart': {
    access: 'operator',
    what: 'Restarts a container outside of routing.',
  },
  'POST /api/v1/rollout': {
    access: 'operator',
    what: 'Restarts the containers of a service, so many at a time.',
  },

  'GET /api/v1/events/audit': {
    access: 'admin',
    what: 'Who asked this master to change what, and what came of it.',
  },
  'POST /api/v1/session/link': {
    access: 'admin',
    what: 'Makes a link that signs in once, within 15 minutes.',
  },
  'PUT /api/v1/policy': {
    access: 'admin',
    what: 'Applies a policy; If-Match names the one that it replaces.',
  },
  'DELETE /api/v1/hosts/:name': {
    access: 'admin',
    what: 'Removes a host whose agent is gone, with all that is known of it, and takes its key back.',
  },
  'GET /api/v1/objects': {
    access: 'admin',
    what: 'Users and certificates that are kept, without what is secret in them.',
  },
  'PUT /api/v1/objects/users/:name': {
    access: 'admin',
    what: 'Keeps users under a name, instead of those before.',
  },
  'PATCH /api/v1/objects/users/:name': {
    access: 'admin',
    what: 'Puts in or takes out some users, and leaves the others.',
  },
  'DELETE /api/v1/objects/users/:name': {
    access: 'admin',
    what: 'Forgets users; routes that ask for them are shut.',
  },
  'PUT /api/v1/objects/certificates/:name': {
    access: 'admin',
    what: 'Keeps a certificate with its key, if both can be used.',
  },
  'DELETE /api/v1/objects/certificates/:name': {
    access: 'admin',
    what: 'Forgets a certificate.',
  },
  'GET /api/v1/tokens': { access: 'admin', what: 'Tokens, without their secrets.' },
  'POST /api/v1/tokens': { access: 'admin', what: 'Makes a token for joining or for the API.' },
  'DELETE /api/v1/tokens/:id': { access: 'admin', what: 'Takes a token back.' },
  'GET /api/v1/rejects': { access: 'admin', what: 'The last messages that were not understood.' },
} as const satisfies Record<string, RouteEntry>

/** The entry of this route; undefined when the table does not know it. HEAD is GET. */
export function entryOf(method: string, pattern: string): RouteEntry | undefined {
  return entryByRoute.get(`${method === 'HEAD' ? 'GET' : method} ${pattern}`)
}

export function mayCall(role: Role, access: Access): boolean {
  return access === 'open' || rank[role] >= rank[access]
}

const rank: Record<Role, number> = { viewer: 1, operator: 2, admin: 3 }
const entryByRoute: ReadonlyMap<string, RouteEntry> = new Map(Object.entries(authorisationTable))
