import type { MasterBus } from '@roadstead/bus/ports.ts'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { InstanceId, MasterId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import { LiveFeed } from './api/live-feed.ts'
import type { ReadModel } from './api/read-model.ts'
import { RejectRing } from './api/reject-ring.ts'
import { StateHashes } from './core/graph/state-hashes.ts'
import { diffLive } from './core/live/diff.ts'
import type { RequestLedger } from './core/requests/ledger.ts'
import { InputDigests } from './core/routes/input-digests.ts'
import type { Policy } from './core/routes/policy.ts'
import { EventRing } from './event-ring.ts'
import type { History } from './io/history/history.ts'
import { createHistoryReader } from './history-reader.ts'
import { HistoryDesk } from './loops/history-desk.ts'
import type { HistorySource } from './api/routes/events.ts'
import { createMetrics, type ScrapedMetrics } from './io/metrics.ts'
import { ControlPosition } from './loops/control-position.ts'
import { type EpochFile, LeaseHolder } from './loops/hold-lease.ts'
import { LetGoDesk } from './loops/let-go-desk.ts'
import type { PolicyFile } from './loops/import-policy.ts'
import type { DecisionFile } from './loops/remember.ts'
import { ObjectOffice, type SealedBox } from './loops/object-office.ts'
import { PolicyOffice } from './loops/policy-office.ts'
import { RunOffice } from './loops/run-office.ts'
import { SettleWindow } from './loops/settle-window.ts'
import { DecisionPen } from './loops/write-decisions.ts'
import { createReadModel, liveState, type ReadDeps } from './read-model.ts'
import { MasterState } from './state.ts'

/** Everything outside that a master touches, opened by `main.ts` or by a test. */
export interface Outside {
  readonly bus: MasterBus
  readonly epochFile: EpochFile
  readonly decisionFile: DecisionFile
  readonly history: History
  readonly sign: (purpose: Signed['purpose'], body: string) => Signed
  readonly box: SealedBox
  readonly newCommandId: () => string
  readonly policy: Policy
  /** Where the operator of this master keeps a policy; undefined: nowhere. */
  readonly policyFile: PolicyFile | undefined
  readonly clock: Clock
  readonly log: Log
}

/** Who this master is in this life. */
export interface Self {
  readonly site: SiteId
  readonly master: MasterId
  readonly instance: InstanceId
  readonly version: string
  readonly url: string
  readonly host: string
  readonly pid: number
}

/** The parts of one master, put together; `runLoops` sets them going. */
export interface Master {
  readonly self: Self
  readonly outside: Outside
  readonly state: MasterState
  readonly leadership: LeaseHolder
  readonly position: ControlPosition
  readonly settle: SettleWindow
  readonly pen: DecisionPen
  readonly office: RunOffice
  readonly policyOffice: PolicyOffice
  readonly objectOffice: ObjectOffice
  /** What is wrong with the policy file of this master. */
  readonly policyFile: { problem: string | undefined }
  readonly desk: LetGoDesk
  readonly metrics: ScrapedMetrics
  /** What edges have counted. */
  readonly requests: { ledger: RequestLedger }
  readonly events: EventRing
  /** Where what belongs into the change log is put down, and where it is read. */
  readonly notes: HistoryDesk
  readonly past: HistorySource
  readonly rejects: RejectRing
  readonly inputs: InputDigests
  readonly stateHashes: StateHashes
  readonly read: ReadModel
  readonly feed: LiveFeed
  /** A person confirmed a loss: tables of the next minute pass the guard of the edges. */
  readonly confirmLoss: () => void
  readonly isForced: () => boolean
}

export function createMaster(self: Self, outside: Outside): Master {
  const { bus, clock, epochFile, log, policy } = outside
  const state = new MasterState({ policy, digest })
  const metrics = createMetrics(self.version)
  const position = new ControlPosition(clock)
  const settle = new SettleWindow(clock)
  const requests: Master['requests'] = { ledger: new Map() }
  const policyFile: Master['policyFile'] = { problem: undefined }
  const [events, rejects] = [new EventRing(), new RejectRing()]
  const notes = historyDesk(state, metrics, clock)
  const leadership = new LeaseHolder({
    self,
    control: bus.control,
    link: bus.link,
    epochFile,
    floors: () => state.epochFloors(self.instance),
    clock,
    log,
  })
  const readDeps: ReadDeps = {
    self: aboutSelf(self),
    state,
    leadership,
    requests,
    link: bus.link,
    isSettled: () => settle.isSettled,
    ownKey: outside.box.masters[0],
    rejected: () => rejects.total,
    policyFileProblem: () => policyFile.problem,
    history: () => notes.status,
    clock,
    revision: (): number => feed.revision,
  }
  const feed: LiveFeed = liveFeed(self, readDeps, events, metrics)
  const pen = new DecisionPen({ leadership, position, count: metrics.count })
  return {
    self,
    outside,
    state,
    leadership,
    position,
    settle,
    pen,
    ...officesOf(state, settle, pen, outside),
    policyFile,
    metrics,
    requests,
    events,
    notes,
    past: createHistoryReader({ history: outside.history, desk: notes, events, clock }),
    rejects,
    inputs: new InputDigests(digest),
    stateHashes: new StateHashes(digest),
    read: createReadModel(readDeps),
    feed,
    ...lossConfirmed(clock),
  }
}

function liveFeed(
  { instance }: Self,
  deps: ReadDeps,
  events: EventRing,
  metrics: ScrapedMetrics,
): LiveFeed {
  return new LiveFeed({
    instance,
    clock: deps.clock,
    read: (revision) => liveState(deps, revision, (limit) => events.after(0, limit)),
    diff: diffLive,
    onLag: () => metrics.count('wsLagged'),
  })
}

function historyDesk(state: MasterState, metrics: ScrapedMetrics, clock: Clock): HistoryDesk {
  return new HistoryDesk({
    digest,
    nowMs: () => clock.wallMs(),
    known: () => state.folded,
    onLost: (changes) => metrics.count('historyLost', {}, changes),
  })
}

function lossConfirmed(clock: Clock): Pick<Master, 'confirmLoss' | 'isForced'> {
  let forcedUntilMs = Number.NEGATIVE_INFINITY
  return {
    confirmLoss: () => {
      forcedUntilMs = clock.monoMs() + FORCED_MS
    },
    isForced: () => clock.monoMs() < forcedUntilMs,
  }
}

/** Where people and agents ask for something. */
function officesOf(
  state: MasterState,
  settle: SettleWindow,
  pen: DecisionPen,
  outside: Outside,
): Pick<Master, 'desk' | 'office' | 'policyOffice' | 'objectOffice'> {
  const { box, clock, log, policy: base } = outside
  const newVersion = () => newRunId(outside)
  return {
    desk: new LetGoDesk(clock),
    office: new RunOffice({ state, settle, pen, newRunId: () => newRunId(outside), clock, log }),
    policyOffice: new PolicyOffice({ state, base, pen, digest, clock, log }),
    objectOffice: new ObjectOffice({ state, pen, box, newVersion, clock, log }),
  }
}

/** An id of a run, or of a text of an object, is half as long as one of a command, and as random. */
function newRunId({ newCommandId }: Pick<Outside, 'newCommandId'>): string {
  return newCommandId().slice(0, 16)
}

/** The judge takes lost hosts one after another; their tables follow within this. */
const FORCED_MS = 60_000

function aboutSelf({ site, master, instance, version }: Self): ReadDeps['self'] {
  return { site, master, instance, version }
}
