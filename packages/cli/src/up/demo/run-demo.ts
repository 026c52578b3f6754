import { LeaderView, RunView } from '@roadstead/shared/protocol/http.ts'
import { paint } from '../../core/cell.ts'
import { createEngineClient, type EngineClient } from '../../io/engine-client.ts'
import { searchPath } from '../../io/find-program.ts'
import { readPidRecords } from '../../io/pid-record.ts'
import { sendSignal } from '../../io/process-table.ts'
import { keptVisitor, type Visit, visit } from '../../io/visitor.ts'
import { describeError } from '../../print/output.ts'
import type { Shell } from '../../shell.ts'
import type { EngineChoice } from '../engine-choice.ts'
import type { Federation } from '../federation.ts'
import { layout } from '../layout.ts'
import { waitUntil } from '../wait-until.ts'
import { countVisits, servedBy, type Visits } from './count-visits.ts'
import {
  DEMO_DOMAIN,
  DEMO_LABEL,
  DEMO_SERVICE,
  demoContainer,
  ensureDemoImage,
} from './demo-service.ts'

const FIRST = 'roadstead-demo-1'
const SECOND = 'roadstead-demo-2'

/** Each step takes a fraction of a second; what takes this long has failed. */
const STEP_MS_MAX = 20_000

/** What is measured here is not blurred by more than this. */
const LOOK_MS = 5

/** After a change the visitor goes on for a while, to meet what comes late. */
const AFTERMATH_MS = 1_000

const STOP_GRACE_SECONDS = 5

/** Who is there while both containers are restarted. */
const VISITORS = 4

interface Stage {
  readonly shell: Shell
  readonly federation: Federation
  readonly engine: EngineClient
  readonly visit: () => Promise<Visit>
}

/**
 * Shows the main job on a service of two containers and tells how long each step took. A step
 * that fails is told too, and the rest stays up, so that a person can look why. Disposing of the
 * result removes the containers.
 */
export async function runDemo(
  shell: Shell,
  federation: Federation,
  choice: EngineChoice,
): Promise<AsyncDisposable> {
  const engine = createEngineClient(federation.dockerHost)
  const stage: Stage = {
    shell,
    federation,
    engine,
    visit: () => visit(federation.visitorPort, DEMO_DOMAIN),
  }
  const removeAll = async (): Promise<void> => void (await engine.removeLabelled(DEMO_LABEL))
  try {
    await removeAll()
    await ensureDemoImage(engine, choice, searchPath(shell.environment['PATH']))
    shell.output.write(`\nThe main job, on a service that asks for ${DEMO_DOMAIN}\n`)
    const first = await firstContainer(stage)
    await secondContainer(stage)
    await rollout(stage)
    await stopOne(stage, first)
    await killLeader(stage)
  } catch (error) {
    if (!shell.signal.aborted) {
      shell.output.note(`✕ the demo failed\n${describeError(error, shell.output.page.colour)}`)
    }
  }
  return { [Symbol.asyncDispose]: removeAll }
}

async function firstContainer(stage: Stage): Promise<string> {
  const { id, ms } = await startAndReach(stage, FIRST)
  told(stage, `${FIRST} started; first 200 through nginx`, `${ms} ms after its start event`)
  return id
}

async function secondContainer(stage: Stage): Promise<void> {
  const { ms } = await startAndReach(stage, SECOND)
  const seen = new Set<string>()
  await waitUntil(stage.shell, waiting('both containers to answer'), async () => {
    seen.add(await answeredBy(stage))
    return seen.has(FIRST) && seen.has(SECOND) ? true : undefined
  })
  told(stage, `${SECOND} started; both answer in turn`, `${ms} ms after its start event`)
}

/** Over connections that are kept where no reload can cut them, and else over new ones. */
async function rollout(stage: Stage): Promise<void> {
  const { federation, shell } = stage
  const isLive = federation.edge.tier === 'live'
  using kept = new DisposableStack()
  const comers = Array.from({ length: VISITORS }, () => {
    if (!isLive) return stage.visit
    const visitor = kept.use(keptVisitor(federation.visitorPort, DEMO_DOMAIN))
    return () => visitor.visit()
  })
  let run: RunView | undefined
  const visits = await countVisits(shell.clock, comers, async () => {
    run = await federation.api.ask({
      method: 'POST',
      path: '/rollout',
      body: { service: DEMO_SERVICE, why: 'the demo' },
      answer: RunView,
    })
    run = await endOf(stage, run)
    await shell.clock.sleep(AFTERMATH_MS, shell.signal)
  })
  if (run === undefined) return
  const done = run.state === 'done'
  const took = `${(runMs(run) / 1_000).toFixed(1)} s in all`
  told(stage, 'both restarted, one after the other', done ? took : run.state, done)
  told(stage, '  meanwhile', countText(visits, isLive), visits.lost === 0)
}

async function endOf({ federation, shell }: Stage, { id }: RunView): Promise<RunView> {
  return waitUntil(shell, { ...waiting('the rollout'), lookMs: 100 }, async () => {
    const path = `/runs/${id}`
    const now = await federation.api.ask({ method: 'GET', path, answer: RunView })
    return now.state === 'running' ? undefined : now
  })
}

function runMs({ endedAt = '', since }: RunView): number {
  return Date.parse(endedAt) - Date.parse(since)
}

async function stopOne(stage: Stage, first: string): Promise<void> {
  const { clock, signal } = stage.shell
  let askedAt = 0
  const visits = await countVisits(clock, [stage.visit], async () => {
    await clock.sleep(AFTERMATH_MS / 2, signal)
    askedAt = clock.monoMs()
    await stage.engine.stop(first, STOP_GRACE_SECONDS)
    await clock.sleep(AFTERMATH_MS, signal)
  })
  const last = (visits.lastByContainer.get(FIRST) ?? askedAt) - askedAt
  told(stage, `${FIRST} stopped; its last request`, `${Math.max(0, Math.round(last))} ms after`)
  told(stage, '  meanwhile', countText(visits), visits.lost === 0)
}

async function killLeader(stage: Stage): Promise<void> {
  const { clock, config, signal } = stage.shell
  const before = await leaderOf(stage)
  const records = readPidRecords(layout(config.stateDir).pids)
  const ours = records.some(({ pid, role }) => pid === before.pid && role.startsWith('master'))
  if (!ours) {
    told(stage, 'the leader runs elsewhere and is left alone', before.url)
    return
  }
  let ms = 0
  const visits = await countVisits(clock, [stage.visit], async () => {
    const killedAt = clock.monoMs()
    sendSignal(before.pid, 'SIGKILL')
    await waitUntil(stage.shell, waiting('another leader'), async () => {
      const now = await leaderOf(stage)
      return now.epoch > before.epoch ? now : undefined
    })
    ms = Math.round(clock.monoMs() - killedAt)
    await clock.sleep(AFTERMATH_MS, signal)
  })
  told(stage, `the leader was killed; the other master leads`, `${ms} ms after`)
  told(stage, '  meanwhile', countText(visits), visits.lost === 0)
}

/** Milliseconds from the engine's own start event to the first 200 that names the container. */
async function startAndReach(stage: Stage, name: string): Promise<{ id: string; ms: number }> {
  const { clock } = stage.shell
  const sinceMs = clock.wallMs()
  // Asked for while the engine still starts it, or the wait for its answer would be counted too.
  const [{ id }, reachedAtMs] = await Promise.all([
    stage.engine.run(demoContainer(name)),
    waitUntil(stage.shell, waiting(`${DEMO_DOMAIN} to be served by ${name}`), async () =>
      (await answeredBy(stage)) === name ? clock.wallMs() : undefined,
    ),
  ])
  const startedAtMs = await stage.engine.startEventMs(id, sinceMs, clock.wallMs())
  return { id, ms: Math.round(reachedAtMs - startedAtMs) }
}

async function answeredBy({ visit: visitDemo }: Stage): Promise<string> {
  const result = await visitDemo()
  return result.kind === 'answered' && result.status === 200 ? servedBy(result.body) : ''
}

async function leaderOf({ federation }: Stage): Promise<LeaderView> {
  return federation.api.ask({ method: 'GET', path: '/leader', answer: LeaderView })
}

function waiting(what: string) {
  return { what, msMax: STEP_MS_MAX, lookMs: LOOK_MS, hint: `roadstead explain ${DEMO_DOMAIN}` }
}

function countText({ requests, lost, firstFailure }: Visits, isKept = false): string {
  const how = isKept ? `over ${VISITORS} connections that are kept` : 'each over a new connection'
  const why = firstFailure === undefined ? '' : ` (${firstFailure})`
  return `${requests} requests, ${how}, ${lost} lost${why}`
}

function told({ shell }: Stage, what: string, result: string, good = true): void {
  const { colour } = shell.output.page
  const mark = good ? paint('✓', 'good', colour) : paint('✕', 'bad', colour)
  shell.output.write(`  ${mark} ${what.padEnd(54)} ${result}\n`)
}
