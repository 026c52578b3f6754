import type { Delivery } from '@roadstead/bus/ports.ts'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import type { Supervisor } from '@roadstead/shared/kernel/supervisor.ts'
import type { Lease } from '@roadstead/shared/protocol/lease.ts'
import { readPolicyText } from './api/policy-text.ts'
import { carryOutRuns, type RunDeps } from './loops/carry-out-runs.ts'
import { deliverObjects } from './loops/deliver-objects.ts'
import { foldDecisions } from './loops/fold-decisions.ts'
import { foldEdges } from './loops/fold-edges.ts'
import { foldEvents } from './loops/fold-events.ts'
import { foldStock } from './loops/fold-stock.ts'
import { foldSnapshots } from './loops/fold-snapshots.ts'
import { exchangeHistory } from './loops/exchange-history.ts'
import { hearHeartbeats } from './loops/hear-heartbeats.ts'
import { listenToRequests } from './loops/hear-requests.ts'
import { importPolicy } from './loops/import-policy.ts'
import { judgeByTime } from './loops/judge.ts'
import { keepEvents, newsEvent } from './loops/keep-events.ts'
import { keepHistory } from './loops/keep-history.ts'
import { noteState } from './loops/note-state.ts'
import { retainHistory } from './loops/retain-history.ts'
import { publishTables } from './loops/publish-tables.ts'
import type { RejectedStream } from './loops/reject.ts'
import { remember } from './loops/remember.ts'
import { recheckOnLead } from './loops/recheck-on-lead.ts'
import { requestResyncs } from './loops/request-resyncs.ts'
import { leaseOfEpoch, sendCommand } from './loops/send-command.ts'
import { serveHistory } from './loops/serve-history.ts'
import { serveLetGo } from './loops/serve-let-go.ts'
import type { Stream } from './loops/settle-window.ts'
import { shadowDerive } from './loops/shadow-derive.ts'
import { untilAborted } from './loops/until-aborted.ts'
import type { Master } from './master.ts'
import { measureChange } from './measure-change.ts'
import { leaseOf } from './read-model.ts'

/** Sets a master going. Down the page is downstream: what is heard, what follows, what is told. */
export function runLoops(loops: Supervisor, master: Master, kept: Retention): void {
  runRemembering(loops, master, kept)
  runHearing(loops, master)
  const { inputs, leadership, outside, pen, position, self, settle, state } = master
  const { bus, clock, decisionFile, log, newCommandId, sign } = outside
  const { control, link } = bus
  const { site } = self
  const { count } = master.metrics
  const leads = (): boolean => leadership.state().kind === 'leader'
  const onLeadership = (listener: () => void): Disposable => leadership.onChange(listener)
  loops.run('recheck on lead', (stop) => recheckOnLead({ leadership, bus, settle }, stop))
  loops.run('hold lease', (stop) => leadership.run(stop))
  // Before the judge: when both have something to write, a visitor waits for the table.
  const { isForced } = master
  const published = { site, leadership, control, state, sign, inputs, digest, isForced }
  loops.run('publish tables', (stop) =>
    publishTables({ ...published, settle, clock, log, count }, stop),
  )
  const { box } = outside
  const { objectOffice: keeper } = master
  const delivered = { site, leadership, state, settle, position, office: keeper, box, clock, log }
  loops.run('deliver objects', (stop) => deliverObjects(delivered, stop))
  const judged = { link, leadership, state, settle, pen, digest, clock, log }
  loops.run('judge', (stop) => judgeByTime(judged, stop))
  const shadow = { leads, state, inputs, digest, clock, log, count }
  loops.run('shadow derive', (stop) => shadowDerive(shadow, stop))
  const remembered = { file: decisionFile, state, position, leads, onLeadership, pen, clock, log }
  loops.run('remember', (stop) => remember(remembered, stop))
  const lease = (): Lease | undefined => leaseOf(leadership)
  const sent = { bus, site, state, lease, sign, newCommandId, clock }
  loops.run('request resyncs', (stop) => requestResyncs({ ...sent, leads, log, count }, stop))
  const { desk } = master
  const carried = { leadership, state, settle, pen, desk, count, clock, log }
  const send: RunDeps['send'] = (host, order, timeoutMs, epoch, stop) => {
    const ledIn = { ...sent, lease: () => leaseOfEpoch(leadership, epoch) }
    return sendCommand(host, order, timeoutMs, ledIn, stop)
  }
  loops.run('carry out runs', (stop) => carryOutRuns({ ...carried, send }, stop))
  loops.run('serve let-go', (stop) => serveLetGo({ bus, leads, state, settle, desk, clock }, stop))
  runImport(loops, master)
  runTelling(loops, master)
}

function runImport(loops: Supervisor, master: Master): void {
  const { leadership, outside, policyFile, policyOffice: office, self, settle } = master
  const { clock, log, policyFile: file } = outside
  if (file === undefined) return
  const tell = (problem: string | undefined): void => void (policyFile.problem = problem)
  const told = { tell, digest, clock, log }
  const imported = { file, master: self.master, readText: readPolicyText, office, settle, ...told }
  loops.run('import policy', (stop) => importPolicy({ ...imported, leadership }, stop))
}

/** How much of the past is kept. */
export interface Retention {
  readonly keepMs: number
  readonly bytesMax: number
}

/** The change log: nobody waits for it. */
function runRemembering(loops: Supervisor, master: Master, kept: Retention): void {
  const { leadership, metrics, notes: desk, outside, settle, state } = master
  const { clock, history, log } = outside
  const { count } = metrics
  loops.run('keep history', (stop) => keepHistory({ desk, history, clock, log, count }, stop))
  loops.run('note state', (stop) => noteState({ state, leadership, settle, desk, clock }, stop))
  const retained = { history, desk, ...kept, clock, log }
  loops.run('retain history', (stop) => retainHistory(retained, stop))
  const { bus } = outside
  const shared = { ...retained, self: master.self.master, bus }
  loops.run('serve history', (stop) => serveHistory(shared, stop))
  loops.run('exchange history', (stop) => exchangeHistory({ ...shared, count }, stop))
}

function runHearing(loops: Supervisor, master: Master): void {
  const { events, metrics, outside, position, rejects, self, settle, state, stateHashes } = master
  const { bus, clock, log } = outside
  const { count } = metrics
  const isCaughtUp = (stream: Stream, caughtUp: boolean): void => {
    settle.setCaughtUp(stream, caughtUp)
  }
  const reject = (
    stream: RejectedStream,
    delivery: Extract<Delivery<never>, { kind: 'invalid' }>,
  ) => {
    const { error, seq, subject } = delivery
    log.warn({ stream, subject, seq, error }, 'message not understood')
    count('eventsDiscarded', { reason: `invalid-${stream}` })
    rejects.add({ at: new Date(clock.wallMs()).toISOString(), stream, subject, error })
  }
  const keepNews = (event: Parameters<typeof newsEvent>[0]): void => {
    const hostName = state.graph.hosts.get(event.data.stamp.host)?.facts.name ?? ''
    const line = newsEvent(event, hostName)
    if (line !== undefined) events.add(line)
  }
  const { notes } = master
  const heard = { bus, clock, state, notes, reject, isCaughtUp, count }
  const { site } = self
  const read = { control: bus.control, site, position, state, notes, digest }
  const decided = { ...read, reject, isCaughtUp }
  const measure = (applied: Parameters<typeof measureChange>[1]): void => {
    measureChange(metrics, applied)
  }
  loops.run('fold decisions', (stop) => foldDecisions(decided, stop))
  loops.run('fold snapshots', (stop) => foldSnapshots(heard, stop))
  loops.run('fold events', (stop) => foldEvents({ ...heard, keepNews }, stop))
  loops.run('fold edges', (stop) => foldEdges({ ...heard, measure }, stop))
  const { stock } = state
  loops.run('fold stock', (stop) => foldStock({ bus, stock, notes, settle, reject, count }, stop))
  const counted = { bus, clock, requests: master.requests, touch: () => master.feed.touch() }
  loops.run('hear requests', (stop) => listenToRequests(counted, stop))
  loops.run('hear heartbeats', (stop) => hearHeartbeats({ bus, clock, state, stateHashes }, stop))
}

/** For people: the list of events, the live feed, and what this master became. */
function runTelling(loops: Supervisor, master: Master): void {
  const { events, feed, leadership, metrics, outside, state } = master
  const { clock } = outside
  const add = (event: Parameters<typeof events.add>[0]): void => {
    events.add(event)
    // All else that this list tells of is in the log as a change of its own. Whoever leads tells, and
    // the others have it from there: what each of them saw would be there twice.
    const led = leadership.state()
    const tells = KEPT_AS_TOLD.has(event.kind) && led.kind !== 'standby'
    if (tells) master.notes.happened(event, led.epoch)
  }
  loops.run('keep events', (stop) => keepEvents({ state, leadership, add, clock }, stop))
  loops.run('feed', async (stop) => {
    const touch = (): void => feed.touch()
    using _state = state.subscribe(['graph', 'edges', 'hosts', 'desired'], touch)
    using _events = events.onAdd(touch)
    using _led = leadership.onChange(() => {
      metrics.count('elections', { became: leadership.state().kind })
      touch()
    })
    using _link = outside.bus.link.onChange(touch)
    await untilAborted(stop)
  })
}

const KEPT_AS_TOLD: ReadonlySet<string> = new Set(['leader', 'edge', 'run'])
