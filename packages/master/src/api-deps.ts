import type { BusUser } from '@roadstead/bus/permissions.ts'
import { describeUserForOperator } from '@roadstead/bus/server-config.ts'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import type { Identity } from '@roadstead/shared/protocol/identity.ts'
import type { ApiDeps } from './api/build-api.ts'
import { Sessions } from './api/sessions.ts'
import { requestMetrics } from './core/requests/exposition.ts'
import { readCertificate } from './io/read-certificate.ts'
import { newSecret, newShortId, sameSecret, Sealer, secretHash } from './io/secrets.ts'
import type { Master } from './master.ts'
import { leaseOf, otherLeaderUrl } from './read-model.ts'
import { refreshMetrics } from './refresh-metrics.ts'

export interface ApiSettings {
  readonly identity: Identity
  /** Bearer token of the first admin. */
  readonly token: string
  readonly names: ReadonlySet<string>
  readonly dashboardDir: string
  /** The nats-server runs from a directory of ours, so nobody has to be told about new users. */
  readonly isNatsOurs: boolean
  /** Routes, and endpoints, of each edge that `/metrics` lists. */
  readonly metricSeries: number
}

/** What the API needs of a master. */
export function apiDepsOf(master: Master, settings: ApiSettings): ApiDeps {
  const { events, feed, leadership, metrics, outside, pen, read, rejects, self, settle } = master
  const { objectOffice, office, policyOffice } = master
  const { clock, log } = outside
  const { link } = outside.bus
  const leads = (): boolean => leadership.state().kind === 'leader'
  const watching = (): number => feed.size
  return {
    version: self.version,
    clock,
    log,
    newId: newShortId,
    read,
    events,
    history: master.past,
    asked: (entry) => master.notes.asked({ ...entry, master: master.self.master }),
    rejects,
    feed,
    sessions: sessionsOf(master, settings),
    writer: pen,
    onConfirmed: master.confirmLoss,
    isSettled: () => settle.isSettled,
    office,
    policy: policyOffice,
    objects: objectOffice,
    readCertificate: (content) => readCertificate(content, clock.wallMs()),
    health: {
      checks: () => ({
        nats: link.connected(),
        'caught-up': settle.isCaughtUp,
        leader: leaseOf(leadership) !== undefined,
      }),
      isLeader: leads,
    },
    metrics: {
      contentType: metrics.contentType,
      count: metrics.count,
      observe: metrics.observe,
      text: async () => {
        refreshMetrics({ metrics, read, leadership, link, watching, notes: master.notes, clock })
        const { ledger } = master.requests
        const { metricSeries: seriesMax } = settings
        const counted = { ledger, edges: read.edges(), routes: read.routes(), seriesMax }
        return `${await metrics.text()}${requestMetrics(counted)}`
      },
    },
    tokens: { digest, newShortId, newSecret, secretHash },
    join: joinDepsOf(master, settings),
    names: settings.names,
    url: () => self.url,
    leaderUrl: () => otherLeaderUrl(master),
    dashboardDir: settings.dashboardDir,
  }
}

function joinDepsOf({ pen, self }: Master, settings: ApiSettings): ApiDeps['join'] {
  const { identity, isNatsOurs } = settings
  return {
    assertLeads: () => pen.assertLeads(),
    sameSecret,
    site: self.site,
    natsUrl: identity.natsUrl,
    masters: [identity.publicKey, ...identity.masters],
    natsUser: ({ id, publicKey, role }) => {
      const user: BusUser = { role, id, site: self.site, publicKey }
      return isNatsOurs ? undefined : describeUserForOperator(user)
    },
  }
}

function sessionsOf({ outside, self, state }: Master, { token }: ApiSettings): Sessions {
  return new Sessions({
    clock: outside.clock,
    adminToken: token,
    instance: self.instance,
    apiToken: (id) => {
      const decision = state.graph.decisions.get(`d.api-token.${id}`)
      return decision?.kind === 'api-token' ? decision : undefined
    },
    newId: newShortId,
    sameSecret,
    secretHash,
    sealer: new Sealer(token),
  })
}
