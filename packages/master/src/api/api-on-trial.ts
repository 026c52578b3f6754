import { createKey } from '@roadstead/bus/identity.ts'
import { openWith, seal } from '@roadstead/bus/sealed-box.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { PublicKey } from '@roadstead/shared/kernel/ids.ts'
import { silentLog } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { type Decision, Role } from '@roadstead/shared/protocol/decision.ts'
import type { LivePatch, LiveState } from '@roadstead/shared/protocol/live.ts'
import { foldAll } from '../core/graph/fold.ts'
import { emptyGraph, type Graph } from '../core/graph/graph.ts'
import { Stock } from '../core/graph/stock.ts'
import type { StockScene } from '../core/graph/stock-host.ts'
import { policyOf } from '../core/policy/policy-of.ts'
import { startDerive } from '../core/routes/derive-change.ts'
import { defaultPolicy } from '../core/routes/policy.ts'
import { objectViews } from '../core/views/object-view.ts'
import { findImage, imageViews } from '../core/views/image-view.ts'
import { runViews } from '../core/views/run-view.ts'
import { readCertificate } from '../io/read-certificate.ts'
import { volumeViews } from '../core/views/volume-view.ts'
import { createMetrics } from '../io/metrics.ts'
import { newSecret, newShortId, sameSecret, Sealer, secretHash } from '../io/secrets.ts'
import { EventRing } from '../event-ring.ts'
import { ObjectOffice } from '../loops/object-office.ts'
import { createHistoryReader } from '../history-reader.ts'
import type { History } from '../io/history/history.ts'
import type { HistoryDesk } from '../loops/history-desk.ts'
import { PolicyOffice } from '../loops/policy-office.ts'
import { RunOffice } from '../loops/run-office.ts'
import { buildApi } from './build-api.ts'
import type { DecisionWriter } from './decision-writer.ts'
import { historyOnTrial } from './history-on-trial.ts'
import { LiveFeed } from './live-feed.ts'
import type { ReadModel } from './read-model.ts'
import { RejectRing } from './reject-ring.ts'
import type { ApiServer } from './server.ts'
import { type ApiToken, Sessions } from './sessions.ts'

export const ADMIN_TOKEN = 'token-of-the-first-admin'

/** An API with everything behind it real but the fleet, which a test writes down. */
export interface ApiOnTrial extends AsyncDisposable {
  readonly app: ApiServer
  readonly decisions: Map<string, Decision>
  readonly events: EventRing
  readonly history: History
  /** Where what belongs into the change log is put down; `writeDown` writes it. */
  readonly notes: HistoryDesk
  readonly rejects: RejectRing
  readonly feed: LiveFeed
  readonly state: {
    live: LiveState
    leads: boolean
    isSettled: boolean
    graph: Graph
    readonly stock: Stock
  }
  /** A bearer header of that role. */
  bearer(role: Role): { authorization: string; host: string }
}

export async function apiOnTrial(clock: Clock, dashboardDir = '/nowhere'): Promise<ApiOnTrial> {
  const decisions = new Map<string, Decision>()
  const events = new EventRing()
  const rejects = new RejectRing()
  const { history, notes } = await historyOnTrial(clock)
  const state = { ...emptyState, live: emptyLive, stock: new Stock() }
  const metrics = createMetrics('0.0.0')
  const sessions = newSessions(clock, decisions)
  const feed = newFeed(clock, state, () => metrics.count('wsLagged'))
  const assertLeads = (): void => {
    if (!state.leads) throw new RoadsteadError('not-leader', { leader: OTHER_URL })
  }
  const writer = writerOver(decisions, assertLeads)
  const office = officeOver(state, decisions, { ...writer, assertLeads }, clock)
  const app = await buildApi({
    version: '0.0.0',
    clock,
    log: silentLog,
    newId: newShortId,
    read: readModel(state, decisions),
    events,
    history: createHistoryReader({ history, desk: notes, events, clock }),
    asked: (entry) => notes.asked(entry),
    rejects,
    feed,
    sessions,
    writer,
    onConfirmed: () => undefined,
    isSettled: () => state.isSettled,
    office,
    objects: objectsOver(decisions, { ...writer, assertLeads }, clock),
    readCertificate: (content) => readCertificate(content, clock.wallMs()),
    policy: policyOver(state, decisions, { ...writer, assertLeads }, clock),
    health: { checks: () => ({ nats: state.leads }), isLeader: () => state.leads },
    metrics,
    tokens: { digest: secretHash, newShortId, newSecret, secretHash },
    join: { ...joinFacts, assertLeads },
    names: new Set(['localhost', '127.0.0.1']),
    url: () => 'http://127.0.0.1:7070',
    leaderUrl: () => (state.leads ? undefined : OTHER_URL),
    dashboardDir,
  })
  for (const role of Role.options) addToken(role, decisions)
  return {
    app,
    decisions,
    events,
    history,
    notes,
    rejects,
    feed,
    state,
    bearer: (role) => ({ authorization: `Bearer ${tokenOf(role)}`, host: 'localhost' }),
    [Symbol.asyncDispose]: async () => {
      await app.close()
    },
  }
}

const emptyState = { leads: true, isSettled: true, graph: emptyGraph }

function writerOver(decisions: Map<string, Decision>, assertLeads: () => void): DecisionWriter {
  return {
    write: async (drafts) => {
      assertLeads()
      for (const { key, decision } of drafts) {
        if (decision === undefined) decisions.delete(key)
        else decisions.set(key, decision)
      }
    },
  }
}

export const OTHER_URL = 'http://127.0.0.1:7071'
/** Of the master on trial and of its peer. */
export const MASTER_KEYS = ['A', 'B'].map((letter) => PublicKey.parse(`U${letter.repeat(55)}`))
const joinFacts = {
  sameSecret,
  site: 'main',
  natsUrl: 'nats://127.0.0.1:4222',
  masters: MASTER_KEYS,
  natsUser: () => undefined,
}
const SECRET = 'secret-of-the-test'
const ids: Record<Role, string> = {
  viewer: '0000000000000001',
  operator: '0000000000000002',
  admin: '0000000000000003',
}

function tokenOf(role: Role): string {
  return `rs_${ids[role]}_${SECRET}`
}

function addToken(role: Role, decisions: Map<string, Decision>): void {
  const token: ApiToken = {
    kind: 'api-token',
    id: ids[role],
    hash: secretHash(SECRET),
    role,
    note: `the ${role}`,
    by: 'test',
    since: '2026-01-01T00:00:00.000Z',
  }
  decisions.set(`d.api-token.${token.id}`, token)
}

function officeOver(
  fleet: { readonly graph: Graph },
  decisions: ReadonlyMap<string, Decision>,
  pen: DecisionWriter & { assertLeads(): void },
  clock: Clock,
): RunOffice {
  const settings = { policy: defaultPolicy, digest: secretHash }
  const state = {
    get graph() {
      return decided(fleet.graph, decisions)
    },
    get derived() {
      return startDerive(this.graph, settings).derived
    },
  }
  const settle = { isCaughtUp: true, onCaughtUp: () => ({ [Symbol.dispose]: () => undefined }) }
  return new RunOffice({ state, settle, pen, newRunId: newShortId, clock, log: silentLog })
}

function decided(graph: Graph, decisions: ReadonlyMap<string, Decision>): Graph {
  const written = Array.from(
    decisions,
    ([key, decision]) => ({ kind: 'decision', key, decision }) as const,
  )
  return foldAll(graph, written).graph
}

function policyOver(
  fleet: { readonly graph: Graph },
  decisions: ReadonlyMap<string, Decision>,
  pen: DecisionWriter & { assertLeads(): void },
  clock: Clock,
): PolicyOffice {
  const base = defaultPolicy
  const state = {
    get graph() {
      return { ...fleet.graph, decisions }
    },
    get derived() {
      const { graph } = this
      return startDerive(graph, { policy: policyOf(graph, base), digest: secretHash }).derived
    },
  }
  return new PolicyOffice({ state, base, pen, digest: secretHash, clock, log: silentLog })
}

function objectsOver(
  decisions: ReadonlyMap<string, Decision>,
  pen: DecisionWriter & { assertLeads(): void },
  clock: Clock,
): ObjectOffice {
  const { publicKey, seed } = createKey()
  const box = { seal, open: openWith(seed), masters: [publicKey] } as const
  const state = { graph: { decisions } }
  return new ObjectOffice({ state, pen, box, newVersion: newShortId, clock, log: silentLog })
}

function newFeed(clock: Clock, state: { readonly live: LiveState }, onLag: () => void): LiveFeed {
  return new LiveFeed({
    instance: 'one',
    clock,
    read: (revision) => ({ ...state.live, status: { ...state.live.status, revision } }),
    diff: (before, after) => hostsPatch(before, after),
    onLag,
  })
}

function newSessions(clock: Clock, decisions: ReadonlyMap<string, Decision>): Sessions {
  return new Sessions({
    clock,
    adminToken: ADMIN_TOKEN,
    instance: 'one',
    apiToken: (id) => {
      const token = decisions.get(`d.api-token.${id}`)
      return token?.kind === 'api-token' ? token : undefined
    },
    newId: newShortId,
    sameSecret,
    secretHash,
    sealer: new Sealer(ADMIN_TOKEN),
  })
}

function readModel(
  state: { readonly live: LiveState } & StockScene,
  decisions: ReadonlyMap<string, Decision>,
): ReadModel {
  return {
    status: () => state.live.status,
    leader: () => state.live.status.leader,
    hosts: () => state.live.hosts,
    containers: () => [],
    container: () => undefined,
    images: (query) => imageViews(state, query),
    image: (name, host) => findImage(state, name, host),
    volumes: (query) => volumeViews(state, query),
    services: () => state.live.services,
    routes: () => state.live.routes,
    edges: () => state.live.edges,
    runs: () => runViews(decided(emptyGraph, decisions)),
    requests: () => ({ items: [], total: 0, uncounted: 0 }),
    graph: () => ({ nodes: [], links: [] }),
    decisions: () => decisions,
    objects: () => objectViews(decisions, new Map()),
    explain: () => undefined,
  }
}

function hostsPatch(before: LiveState, after: LiveState): LivePatch | undefined {
  return before.hosts === after.hosts ? undefined : { hosts: { up: after.hosts, gone: [] } }
}

const emptyLive: LiveState = {
  status: {
    site: 'main',
    master: 'm1',
    instance: 'one',
    role: 'leader',
    revision: 0,
    version: '0.0.0',
    nats: { connected: true, version: '2.9.10', servers: 1 },
    counts: { hosts: 0, containers: 0, services: 0, routes: 0, edges: 0 },
    warnings: [],
  },
  hosts: [],
  services: [],
  routes: [],
  edges: [],
  runs: [],
  events: [],
}
