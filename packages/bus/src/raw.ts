import { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import {
  EventEnvelope,
  type Snapshot,
  SnapshotPart,
} from '@roadstead/shared/protocol/observation.ts'
import { StockSlice } from '@roadstead/shared/protocol/stock.ts'
import { decode, type Decoded } from './codec.ts'
import type { ControlEntry, Delivery } from './ports.ts'
import { SnapshotJoiner } from './snapshot-parts.ts'
import { CONTROL_PREFIX } from './subjects.ts'

/** A message of a stream before anything is believed about it. */
export interface Raw {
  readonly text: string
  /** It marks its key as deleted. */
  readonly deleted: boolean
}

type RawMessage = Extract<Delivery<Raw>, { kind: 'message' }>
type Raws = AsyncIterable<Delivery<Raw>>

/**
 * Streams of raw messages to streams of checked ones. What cannot be read, or is about somebody else
 * than its subject, comes out as `invalid`: the server vouches for the subject only.
 */
export async function* readEvents(raws: Raws): AsyncGenerator<Delivery<EventEnvelope>, void> {
  for await (const raw of raws) {
    if (raw.kind !== 'message') yield raw
    else for (const event of readEvent(raw)) yield settle(raw, event)
  }
}

export async function* readEdges(raws: Raws): AsyncGenerator<Delivery<EdgeStatus>, void> {
  for await (const raw of raws) yield raw.kind === 'message' ? settle(raw, readEdge(raw)) : raw
}

export async function* readStock(raws: Raws): AsyncGenerator<Delivery<StockSlice>, void> {
  for await (const raw of raws) yield raw.kind === 'message' ? settle(raw, readSlice(raw)) : raw
}

/** Parts become a snapshot when the last one is there; nothing is delivered before. */
export async function* readSnapshots(raws: Raws): AsyncGenerator<Delivery<Snapshot>, void> {
  const joiner = new SnapshotJoiner()
  for await (const raw of raws) {
    if (raw.kind === 'reset') joiner.clear()
    if (raw.kind !== 'message') {
      yield raw
      continue
    }
    const joined = readPart(raw, joiner)
    if (joined !== undefined) yield settle(raw, joined)
  }
}

export async function* readEntries(raws: Raws): AsyncGenerator<Delivery<ControlEntry>, void> {
  for await (const raw of raws) {
    yield raw.kind === 'message' ? { ...raw, value: readEntry(raw) } : raw
  }
}

function settle<Value>(raw: RawMessage, decoded: Decoded<Value>): Delivery<Value> {
  const { born, seq, subject } = raw
  return decoded.kind === 'value'
    ? { kind: 'message', seq, born, subject, value: decoded.value }
    : { kind: 'invalid', seq, subject, error: decoded.error }
}

/** All of a message or nothing: who speaks for somebody else in a part of it is not believed in the rest. */
function readEvent(raw: RawMessage): readonly Decoded<EventEnvelope>[] {
  const event = decode(EventEnvelope, raw.value.text)
  if (event.kind === 'invalid') return [event]
  const { data, more, ...about } = event.value
  const statements = [data, ...(more ?? [])]
  if (!statements.every(({ stamp }) => isAbout(raw, about.site, stamp.host))) return [FOREIGN]
  return statements.map((each) => ({ kind: 'value', value: { ...about, data: each } }))
}

function readPart(raw: RawMessage, joiner: SnapshotJoiner): Decoded<Snapshot> | undefined {
  const part = decode(SnapshotPart, raw.value.text)
  if (part.kind === 'invalid') return part
  return isAbout(raw, part.value.site, part.value.stamp.host) ? joiner.add(part.value) : FOREIGN
}

function readEdge(raw: RawMessage): Decoded<EdgeStatus> {
  const status = decode(EdgeStatus, raw.value.text)
  if (status.kind === 'invalid') return status
  return isAbout(raw, status.value.site, status.value.edge) ? status : FOREIGN
}

/** The newest word about a slice stays in the stream by its subject, so both have to name the same one. */
function readSlice(raw: RawMessage): Decoded<StockSlice> {
  const told = decode(StockSlice, raw.value.text)
  if (told.kind === 'invalid') return told
  const { of, site, slice, stamp } = told.value
  const isNamed = raw.subject.endsWith(`.${of}.${slice}`)
  return isNamed && isAbout(raw, site, stamp.host) ? told : FOREIGN
}

function readEntry({ seq, subject, value }: RawMessage): ControlEntry {
  const key = subject.slice(CONTROL_PREFIX.length)
  return value.deleted ? { key, seq } : { key, seq, text: value.text }
}

const FOREIGN = {
  kind: 'invalid',
  error: 'the body is about somebody else than the subject',
} as const

/** `rs.v1.<what>.<site>.<who>…` */
function isAbout(raw: RawMessage, site: string, who: string): boolean {
  const [, , , subjectSite, subjectWho] = raw.subject.split('.')
  return subjectSite === site && subjectWho === who
}
