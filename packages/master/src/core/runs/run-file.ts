import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import {
  type ContainerRef,
  type Run,
  RUN_CHUNK_LINES,
  RUN_CHUNKS_MAX,
  RUN_LOG_MAX,
  type RunLogLine,
  type RunMember,
  RunPhase,
  type RunRecord,
  type RunSeat,
} from '@roadstead/shared/protocol/run.ts'

export type RunDecision = Extract<Decision, { kind: 'run' | 'run-members' | 'run-log' }>
type Members = Extract<Decision, { kind: 'run-members' }>
type Chunk = Extract<Decision, { kind: 'run-log' }>

/** What the control stream has of one run, and the run that this makes. */
export interface RunFile {
  readonly record: RunRecord | undefined
  readonly members: Members | undefined
  /** By their place. */
  readonly chunks: ReadonlyMap<number, Chunk>
  /** Undefined while a part of it is missing. */
  readonly run: Run | undefined
}

export interface RunWrite {
  readonly kind: 'decision'
  readonly key: string
  readonly decision: RunDecision | undefined
}

export function isOfRun(decision: Decision | undefined): decision is RunDecision {
  const kind = decision?.kind
  return kind === 'run' || kind === 'run-members' || kind === 'run-log'
}

export function runIdOf(decision: RunDecision): Run['id'] {
  return decision.kind === 'run' ? decision.run.id : decision.run
}

/** The file once `gone` was taken out of it and `now` put in; undefined when nothing is left. */
export function refile(
  file: RunFile = emptyFile,
  gone: RunDecision | undefined,
  now: RunDecision | undefined,
): RunFile | undefined {
  let { record, members } = file
  const chunks = new Map(file.chunks)
  if (gone?.kind === 'run') record = undefined
  if (gone?.kind === 'run-members') members = undefined
  if (gone?.kind === 'run-log') chunks.delete(placeOf(gone))
  if (now?.kind === 'run') record = now.run
  if (now?.kind === 'run-members') members = now
  if (now?.kind === 'run-log') chunks.set(placeOf(now), now)
  if (record === undefined && members === undefined && chunks.size === 0) return undefined
  return { record, members, chunks, run: runOf(record, members?.members, chunks) }
}

const emptyFile: RunFile = {
  record: undefined,
  members: undefined,
  chunks: new Map(),
  run: undefined,
}

/**
 * Everything to write for a run that has come this far, in this order: the record is last, and speaks
 * of nothing that is not there.
 */
export function writesOf(run: Run, file: RunFile | undefined): readonly RunWrite[] {
  const { id, members, since } = run
  if (members.length <= WHOLE_MAX) return [recordWrite(run)]
  const list: RunWrite = {
    kind: 'decision',
    key: membersKey(id),
    decision: { kind: 'run-members', run: id, members: members.map(seatOf), since },
  }
  const tail = [...(file?.record?.log ?? []), ...linesSince(file?.run?.log.at(-1), run.log)]
  const chunks: RunWrite[] = []
  let filled = file?.record?.split?.chunks ?? 0
  for (; tail.length >= RUN_CHUNK_LINES; filled += 1) {
    const lines = tail.splice(0, RUN_CHUNK_LINES)
    const decision: Chunk = { kind: 'run-log', run: id, chunk: filled, lines, since }
    chunks.push({ kind: 'decision', key: chunkKey(id, placeOf(decision)), decision })
  }
  const record: RunRecord = {
    ...run,
    members: members.filter(isUnderWay),
    log: tail,
    split: { phases: members.map(({ phase }) => letterOf(phase)).join(''), chunks: filled },
  }
  return [...(file?.members === undefined ? [list] : []), ...chunks, recordWrite(record)]
}

/** Runs of no more members are a record alone: a few kilobytes, and one write a step. */
const WHOLE_MAX = 8

/** Everything to delete once nobody asks for the run any more: the record first. */
export function deletionsOf(id: Run['id'], { chunks, members, record }: RunFile): RunWrite[] {
  const keys = [
    ...(record === undefined ? [] : [recordKey(id)]),
    ...(members === undefined ? [] : [membersKey(id)]),
    ...[...chunks.keys()].map((place) => chunkKey(id, place)),
  ]
  return keys.map((key) => ({ kind: 'decision', key, decision: undefined }))
}

function recordKey(id: string): string {
  return `d.run.${id}`
}

function membersKey(id: string): string {
  return `d.run-members.${id}`
}

function chunkKey(id: string, place: number): string {
  return `d.run-log.${id}.${place}`
}

function placeOf({ chunk }: Chunk): number {
  return chunk % RUN_CHUNKS_MAX
}

function recordWrite(run: RunRecord): RunWrite {
  return { kind: 'decision', key: recordKey(run.id), decision: { kind: 'run', run } }
}

function runOf(
  record: RunRecord | undefined,
  seats: readonly RunSeat[] | undefined,
  chunks: RunFile['chunks'],
): Run | undefined {
  if (record?.split === undefined) return record
  const { split, ...run } = record
  if (seats === undefined || seats.length !== split.phases.length) return undefined
  const begun = new Map(run.members.map((member) => [nameOf(member), member]))
  const members = seats.map((seat, at): RunMember => {
    const phase = RunPhase.options[Number(split.phases[at])] ?? 'failed'
    return begun.get(nameOf(seat)) ?? { ...seat, phase }
  })
  return { ...run, members, log: logOf(run.log, split.chunks, chunks) }
}

/** A chunk that is missing, or of another time, leaves a hole and nothing else. */
function logOf(tail: readonly RunLogLine[], filled: number, chunks: RunFile['chunks']) {
  const log = [...tail]
  for (let chunk = filled - 1; chunk >= 0 && log.length < RUN_LOG_MAX; chunk -= 1) {
    const kept = chunks.get(chunk % RUN_CHUNKS_MAX)
    if (kept?.chunk !== chunk) break
    log.unshift(...kept.lines)
  }
  return log.slice(-RUN_LOG_MAX)
}

/** A log grows at its end and may have lost its beginning. */
function linesSince(last: RunLogLine | undefined, log: readonly RunLogLine[]) {
  if (last === undefined) return log
  return log.slice(log.findLastIndex(({ at, text }) => at === last.at && text === last.text) + 1)
}

function isUnderWay({ phase }: RunMember): boolean {
  return phase === 'draining' || phase === 'acting' || phase === 'returning'
}

function letterOf(phase: RunPhase): string {
  return String(RunPhase.options.indexOf(phase))
}

function seatOf({ container, host, path }: RunMember): RunSeat {
  return { host, container, path }
}

function nameOf({ container, host }: ContainerRef): string {
  return `${host}/${container}`
}
