import fastifyCookie from '@fastify/cookie'
import fastifyRateLimit from '@fastify/rate-limit'
import fastifySwagger from '@fastify/swagger'
import fastifyWebsocket from '@fastify/websocket'
import fastify from 'fastify'
import {
  createJsonSchemaTransform,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { addAudit } from './audit.ts'
import { addDashboardFiles } from './dashboard-files.ts'
import type { DecisionWriter } from './decision-writer.ts'
import { addDocs } from './docs-page.ts'
import { addGuard } from './guard.ts'
import type { LiveFeed } from './live-feed.ts'
import { addLive, INCOMING_BYTES_MAX } from './live-socket.ts'
import { addProblemReplies } from './problem-replies.ts'
import type { ReadModel } from './read-model.ts'
import type { RejectRing } from './reject-ring.ts'
import { addConfirm } from './routes/confirm.ts'
import { addContainers } from './routes/containers.ts'
import { addDecisions } from './routes/decisions.ts'
import { addEvents, type EventSource, type HistorySource } from './routes/events.ts'
import { addExplain } from './routes/explain.ts'
import { addGraph } from './routes/graph.ts'
import { addHealth, type HealthDeps } from './routes/health.ts'
import { addHosts } from './routes/hosts.ts'
import { addJoin, type JoinDeps } from './routes/join.ts'
import { addMetrics, type MetricsDeps } from './routes/metrics.ts'
import { addObjects, type ObjectRoutesDeps } from './routes/objects.ts'
import { addPolicy, type PolicyKeeper } from './routes/policy.ts'
import { addRejects } from './routes/rejects.ts'
import { addRequests } from './routes/requests.ts'
import { addRouting } from './routes/routing.ts'
import { addRuns, type RunStarter } from './routes/runs.ts'
import { addSession } from './routes/session.ts'
import { addStatus } from './routes/status.ts'
import { addStock } from './routes/stock.ts'
import { addTokens, type TokenDeps } from './routes/tokens.ts'
import type { ApiServer } from './server.ts'
import type { Sessions } from './sessions.ts'

export interface ApiDeps {
  readonly version: string
  readonly clock: Clock
  readonly log: Log
  readonly newId: () => string
  readonly read: ReadModel
  readonly events: EventSource
  readonly history: HistorySource
  /** Notes who asked for what. */
  readonly asked: Parameters<typeof addAudit>[1]
  readonly rejects: RejectRing
  readonly feed: LiveFeed
  readonly sessions: Sessions
  readonly writer: DecisionWriter
  readonly onConfirmed: () => void
  /** This master has listened long enough to say who is silent. */
  readonly isSettled: () => boolean
  readonly office: RunStarter
  readonly policy: PolicyKeeper
  readonly objects: ObjectRoutesDeps['objects']
  readonly readCertificate: ObjectRoutesDeps['readCertificate']
  readonly health: HealthDeps
  readonly metrics: MetricsDeps
  readonly tokens: Pick<TokenDeps, 'digest' | 'newShortId' | 'newSecret' | 'secretHash'>
  readonly join: Pick<
    JoinDeps,
    'assertLeads' | 'sameSecret' | 'site' | 'natsUrl' | 'masters' | 'natsUser'
  >
  /** Names under which this server may be asked. */
  readonly names: ReadonlySet<string>
  /** Where people open the dashboard of this master. */
  readonly url: () => string
  /** Where the leader answers, when that is another master. */
  readonly leaderUrl: () => string | undefined
  readonly dashboardDir: string
}

/** The whole API as a server that does not listen yet; nothing outside is opened here. */
export async function buildApi(deps: ApiDeps): Promise<ApiServer> {
  const app = emptyServer(deps)
  await addPlugins(app, deps)
  addGuard(app, deps)
  addProblemReplies(app, deps)
  addMetrics(app, deps.metrics)
  addAudit(app, deps.asked)
  addHealth(app, deps.health)
  addResources(app, deps)
  addLive(app, deps)
  addDocs(app)
  await addDashboardFiles(app, deps.dashboardDir)
  await app.ready()
  return app
}

function emptyServer({ newId }: ApiDeps): ApiServer {
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    genReqId: newId,
    // Our own log has its own words; the framework's says nothing that a metric does not.
    logger: false,
    forceCloseConnections: true,
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(validatorCompiler)
  // Handlers are checked against the schemas by the compiler; checking each answer again at run
  // time would cost more than making it, for a list of a large fleet.
  app.setSerializerCompiler(() => (body) => JSON.stringify(body))
  // A form of a foreign page can send plain text without asking; nothing here takes it.
  app.removeContentTypeParser('text/plain')
  return app
}

async function addPlugins(app: ApiServer, { version }: ApiDeps): Promise<void> {
  await app.register(fastifyCookie)
  await app.register(fastifyRateLimit, { global: false, cache: RATED_CLIENTS_MAX })
  await app.register(fastifyWebsocket, {
    options: { maxPayload: INCOMING_BYTES_MAX, perMessageDeflate: false },
  })
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Roadstead', version, description: 'The API of a Roadstead master.' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: createJsonSchemaTransform({ skipList: ['/*'] }),
  })
}

function addResources(app: ApiServer, deps: ApiDeps): void {
  const { clock, log, read, writer } = deps
  const decisions = (): ReturnType<ReadModel['decisions']> => read.decisions()
  const { secretHash, digest } = deps.tokens
  addSession(app, deps)
  addStatus(app, read)
  addHosts(app, { ...deps, assertLeads: deps.join.assertLeads })
  addContainers(app, read)
  addRouting(app, read)
  addStock(app, read)
  addRequests(app, read)
  addEvents(app, deps)
  addGraph(app, read)
  addExplain(app, deps)
  addDecisions(app, read)
  addConfirm(app, { read, writer, onConfirmed: deps.onConfirmed, log })
  addRuns(app, deps)
  addPolicy(app, deps.policy)
  addObjects(app, deps)
  addTokens(app, { ...deps.tokens, decisions, writer, clock, log })
  addJoin(app, { ...deps.join, decisions, writer, digest, secretHash, clock, log })
  addRejects(app, deps.rejects)
}

const BODY_BYTES_MAX = 256 * 1024
const REQUEST_MS_MAX = 30_000
const RATED_CLIENTS_MAX = 10_000
