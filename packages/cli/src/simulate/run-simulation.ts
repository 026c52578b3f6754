import { seededRandom } from '@roadstead/shared/kernel/random.ts'
import { EdgeView, LeaderView, listOf } from '@roadstead/shared/protocol/http.ts'
import { Convergence } from '../core/simulation/convergence.ts'
import { changesOf } from '../core/simulation/deeds.ts'
import type { FleetContainer } from '../core/simulation/fleet.ts'
import { DEEDS, Mix } from '../core/simulation/mix.ts'
import type { SimulationPlan } from '../core/simulation/plan.ts'
import type { Summary } from '../core/simulation/summary.ts'
import { liveLine } from '../core/views/simulation.ts'
import { createApiClient } from '../io/api-client.ts'
import type { RoleLog } from '../io/role-log.ts'
import { type Door, visitorsAt } from '../io/visitor.ts'
import { redrawable } from '../print/redraw.ts'
import type { Shell } from '../shell.ts'
import type { PlanFacts } from '../up/plans.ts'
import { audit } from './audit.ts'
import { Breakage, type Breakable } from './break-things.ts'
import { drive, type Member, type Progress } from './drive.ts'
import { LoadMeter } from './measure-load.ts'

/** Everything runs: what there is to let things happen to, and to look at. */
export interface Fleet {
  /** Where the masters answer, and whom they let in. */
  readonly masters: { readonly urls: readonly string[]; readonly token: string | undefined }
  /** Where visitors ask. */
  readonly door: Door
  readonly facts: PlanFacts
  readonly containers: readonly FleetContainer[]
  readonly memberByName: ReadonlyMap<string, Member>
  /** Empty where nothing is to be broken. */
  readonly breakables: readonly Breakable[]
  /** The edge behind that door, as it was when all was in force. */
  readonly edge: EdgeView
  /** Which process leads, for people. */
  readonly nameOf: (leader: LeaderView) => string
  readonly logs: readonly RoleLog[]
}

/** Connections of visitors to nginx: as many as may wait for an answer at one time. */
const CONNECTIONS = 64
const LIVE_MS = 1_000
/** A pipe gets a line so much more seldom than a terminal is drawn. */
const LINES_PER_NOTE = 10

/** Resolves with what came of it, when the time is over or somebody stops it. */
export async function runSimulation(
  shell: Shell,
  plan: SimulationPlan,
  fleet: Fleet,
): Promise<Summary> {
  const { clock, hurry, signal } = shell
  const { containers, facts, memberByName } = fleet
  const mix = new Mix(containers, seededRandom(plan.seed))
  const convergence = new Convergence()
  const breakage = new Breakage(fleet.breakables, seededRandom(plan.seed + 1), clock)
  using visitors = visitorsAt(fleet.door, CONNECTIONS)
  const isFaulty = (host: string): boolean => breakage.isFaulty(host)
  const deps = { mix, memberByName, visitors, convergence, isFaulty, clock }
  const progress: Progress = { actions: 0, late: 0, underWay: 0 }
  const over = new AbortController()
  const stop = AbortSignal.any([signal, over.signal])
  const meter = new LoadMeter(facts.layout)
  const beganMs = clock.monoMs()
  using _end = clock.after(plan.forMs ?? FOR_EVER_MS, () => over.abort())
  const live = tellLive(shell, { fleet, meter, progress, convergence, breakage }, stop)
  const breaking = plan.faults ? breakage.run(stop) : undefined
  try {
    await Promise.race([drive(deps, plan.perSecond, progress, stop), untilAborted(hurry)])
  } finally {
    over.abort()
    await Promise.all([live, breaking])
  }
  const tookMs = clock.monoMs() - beganMs
  const load = meter.since(tookMs)
  const audited = await audit(deps, containers, mix, hurry)
  const changes = DEEDS.flatMap((deed) =>
    changesOf(deed, false).map(({ wants }) => ({ deed, wants, ...convergence.of(deed, wants) })),
  )
  return {
    plan,
    tookMs: Math.round(tookMs),
    actions: progress.actions,
    late: progress.late,
    faults: breakage.count,
    convergence: convergence.all(),
    byChange: changes.filter(({ n, unseen }) => n + unseen > 0),
    atFaultyHosts: convergence.faulty(),
    ...(await lastWords(shell, fleet)),
    audit: audited,
    load,
  }
}

/** The longest that a timer can wait: 24 days. */
const FOR_EVER_MS = 2 ** 31 - 1

interface Watched {
  readonly fleet: Fleet
  readonly meter: LoadMeter
  readonly progress: Progress
  readonly convergence: Convergence
  readonly breakage: Breakage
}

async function tellLive(
  { clock, output }: Shell,
  { breakage, convergence, fleet, meter, progress }: Watched,
  stop: AbortSignal,
): Promise<void> {
  const { page, terminal } = output
  const drawing = redrawable({ terminal, write: (text) => output.note(text) })
  const beganMs = clock.monoMs()
  for (let line = 1; !stop.aborted; line += 1) {
    await clock.sleep(LIVE_MS, stop)
    meter.sample()
    for (const log of fleet.logs) log.rotate()
    const facts = { ms: clock.monoMs() - beganMs, fault: breakage.now, ...progress }
    const text = liveLine({ ...facts, recent: convergence.recent() }, page)
    if (terminal) drawing.draw('', text)
    else if (line % LINES_PER_NOTE === 0) output.note(text)
  }
  drawing.draw('', '')
}

/** Asked of the masters with a signal of its own: the other one may be what ended it all. */
async function lastWords(
  { hurry }: Shell,
  { edge: before, masters, nameOf }: Fleet,
): Promise<Pick<Summary, 'edge' | 'leader'>> {
  const api = createApiClient(masters.urls, masters.token, hurry)
  const { items } = await api.ask({ method: 'GET', path: '/edges', answer: listOf(EdgeView) })
  const now = items.find(({ id }) => id === before.id) ?? before
  const leader = await api.ask({ method: 'GET', path: '/leader', answer: LeaderView })
  return {
    edge: {
      tier: now.tier,
      tables: (now.inForce?.version ?? 0) - (before.inForce?.version ?? 0),
      pushes: (now.nginx.pushes ?? 0) - (before.nginx.pushes ?? 0),
      reloads: now.nginx.reloads - before.nginx.reloads,
    },
    leader: nameOf(leader),
  }
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
}
