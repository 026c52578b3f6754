import { settle } from '../rig/books.ts'
import { Compose } from '../rig/compose.ts'
import type { Engine } from '../rig/engine.ts'
import { eventually } from '../rig/eventually.ts'
import { visitOf } from '../rig/parts.ts'
import type { Rig } from '../rig/rig.ts'
import { visitOnce, Visitor } from '../rig/visitor.ts'
import { failuresOf, type Proof, sumsOf, wrongIf } from './proof.ts'

export interface RecreateOptions {
  /** `two`: replicas with HEALTHCHECK. `held`: one, with `roadstead.hold`. `one`: without. */
  readonly kind: 'two' | 'held' | 'one'
  readonly rounds: number
  readonly clients: number
  readonly pauseMs: number
}

const REPLICAS_MS_MAX = 20_000
/** Nothing is replaced faster: who visits while there is nobody and is not delayed was not held. */
const HELD_MS_MIN = 200

/**
 * `docker-compose up -d --force-recreate` again and again through the drain-aware socket, while visitor B
 * goes on sending POSTs. Compose itself does not know that anything stands before its engine.
 */
export async function forceRecreate(rig: Rig, options: RecreateOptions): Promise<Proof> {
  const { kind, rounds, clients, pauseMs } = options
  const host = rig.host('alpha')
  const books = rig.folder.folder(`books-${kind}`)
  const replicas = kind === 'two' ? 2 : 1
  const domain = `${kind}.example.com`
  const labels = {
    'roadstead.host': domain,
    'roadstead.port': '80',
    ...(kind === 'held' && { 'roadstead.hold': '10s' }),
  }
  const service = { replicas, labels, books, healthcheck: kind === 'two' }
  const compose = await Compose.write(rig.folder, host, kind, { web: service })
  await up(compose, host.drainSocket)
  await served(rig, domain, replicas)

  const visit = visitOf(rig.edge(), domain)
  // What the leader says is ahead of the edge by what a push takes.
  const isAnswered = async (): Promise<boolean> => (await visitOnce(visit)).by !== undefined
  await eventually(`${domain} is answered`, isAnswered, { withinMs: REPLICAS_MS_MAX })
  await using b = Visitor.b(visit, { atOnce: clients, pauseMs, posts: true })
  const beganMs = performance.now()
  const wrong: string[] = []
  for (let round = 1; round <= rounds; round += 1) {
    const old = await idsOf(host.engine, kind)
    await up(compose, host.drainSocket, '--force-recreate')
    await served(rig, domain, replicas)
    const now = await idsOf(host.engine, kind)
    const stayed = now.filter((id) => old.includes(id)).length
    wrong.push(...wrongIf(now.length !== replicas, `round ${round}: ${now.length} containers`))
    wrong.push(...wrongIf(stayed > 0, `round ${round}: ${stayed} were not replaced`))
  }
  const roundMs = Math.round((performance.now() - beganMs) / rounds)
  const report = await b.leave()
  const settled = settle(books, [report])
  const kinds = failuresOf([report])
  const unavailable = kinds['status 503'] ?? 0
  return {
    name: `${rounds} × docker-compose up --force-recreate, ${WORDS[kind]}`,
    wrong: [
      ...wrong,
      ...wrongIf(kind === 'held' && report.slowestMs < HELD_MS_MIN, 'nobody had to wait'),
      ...wrongIf(kind !== 'one' && settled.lost > 0, `visitor B lost ${settled.lost}`),
      ...wrongIf(kind === 'one' && settled.lost > unavailable, 'not every failure was a 503'),
      ...wrongIf(settled.repeated > 0, `${settled.repeated} POSTs were done twice`),
      ...wrongIf(settled.untrue > 0, `${settled.untrue} POSTs were done by nobody`),
      ...wrongIf(settled.posts < rounds * clients, `only ${settled.posts} POSTs were sent`),
    ],
    sums: sumsOf('live', rounds, report, settled),
    figures: { visitorB: { ...settled, kinds, slowestMs: report.slowestMs }, roundMs },
  }
}

const WORDS = {
  two: 'two replicas with HEALTHCHECK',
  held: 'one replica with roadstead.hold',
  one: 'one replica',
} as const

async function up(compose: Compose, socket: string, ...more: readonly string[]): Promise<void> {
  const { code, said } = await compose.run(socket, 'up', '-d', ...more)
  if (code !== 0) throw new Error(`docker-compose ended with ${code}:\n${said}`)
}

/** The containers of a project that run. */
async function idsOf(engine: Engine, project: string): Promise<readonly string[]> {
  const label = [`com.docker.compose.project=${project}`]
  const listed = await engine.api.listContainers({ filters: { label } })
  return listed.map(({ Id: id }) => id)
}

/** So many endpoints serve the domain, by the word of the leader. */
async function served(rig: Rig, domain: string, replicas: number): Promise<void> {
  await eventually(
    `${domain} has ${replicas} endpoints`,
    async () => {
      const { leader } = await rig.leader()
      const route = (await leader.api.routes()).find((it) => it.domain === domain)
      const serving = route?.endpoints.filter(({ reason }) => reason === 'routed') ?? []
      if (serving.length === replicas) return true
      const reasons = route?.endpoints.map(({ reason }) => reason).join(', ')
      throw new Error(`it has ${serving.length} (${reasons ?? 'no route'})`)
    },
    { withinMs: REPLICAS_MS_MAX },
  )
}
