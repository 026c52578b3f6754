import {
  closeSync,
  fsync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { EventEnvelope } from '@roadstead/shared/protocol/observation.ts'

/** All that is kept back: 64 segments of 1 MiB, which is days of an ordinary host's history. */
const SEGMENTS_MAX = 64
const SEGMENT_BYTES_MAX = 1024 * 1024
const EVENTS_MAX = 100_000
/** On disk within a second, or within a hundred events: a crash costs no more history than that. */
const SYNC_AFTER_MS = 1_000
const SYNC_AFTER_EVENTS = 100
/** Kept in memory when the disk takes no more. */
const RING_MAX = 1_000

interface Segment {
  readonly path: string
  events: number
  bytes: number
}

/** The oldest part of what was kept back; `forget` it once the bus has it. */
export interface KeptBack {
  readonly events: readonly EventEnvelope[]
  forget(): void
}

/**
 * Observations that the bus could not take, in files that are only ever appended to. This is history:
 * the state itself travels in a snapshot, so whatever happens to these files costs a gap in a
 * timeline and nothing else. Hence a full disk, a torn line or a lost file is never an error.
 */
export class Spool implements Disposable {
  readonly #directory: string
  readonly #log: Log
  readonly #clock: Clock
  readonly #segments: Segment[]
  #open: { readonly segment: Segment; readonly file: number } | undefined
  #ring: EventEnvelope[] = []
  #nextNumber: number
  #unsynced = 0
  #syncTimer: Disposable | undefined

  /** @throws RoadsteadError `disk-failed` when the directory cannot be made or read. */
  constructor(directory: string, deps: { readonly clock: Clock; readonly log: Log }) {
    this.#directory = directory
    this.#clock = deps.clock
    this.#log = deps.log
    this.#segments = foundSegments(directory)
    this.#nextNumber = 1 + Math.max(0, ...this.#segments.map((it) => numberOf(it.path)))
  }

  get length(): number {
    return this.#ring.length + this.#segments.reduce((sum, it) => sum + it.events, 0)
  }

  append(events: readonly EventEnvelope[]): void {
    for (const event of events) {
      if (!this.#write(`${JSON.stringify(event)}\n`)) this.#remember(event)
    }
  }

  /** Undefined when nothing is kept back. */
  oldest(): KeptBack | undefined {
    const [segment] = this.#segments
    if (segment === undefined) return this.#oldestInMemory()
    if (segment === this.#open?.segment) this.#close()
    const events = readSegment(segment.path)
    return {
      events,
      forget: () => this.#drop(segment),
    }
  }

  [Symbol.dispose](): void {
    this.#close()
  }

  #oldestInMemory(): KeptBack | undefined {
    const events = this.#ring
    if (events.length === 0) return undefined
    return {
      events,
      forget: () => {
        this.#ring = this.#ring.filter((event) => !events.includes(event))
      },
    }
  }

  #write(line: string): boolean {
    try {
      const { segment, file } = this.#current()
      writeSync(file, line)
      segment.events += 1
      segment.bytes += Buffer.byteLength(line)
      this.#syncSoon(file)
      if (segment.bytes >= SEGMENT_BYTES_MAX) this.#close()
      return true
    } catch (error) {
      if (this.#ring.length === 0) this.#log.warn({ err: error }, 'spool on disk takes no more')
      this.#close()
      return false
    }
  }

  #current(): { readonly segment: Segment; readonly file: number } {
    if (this.#open !== undefined) return this.#open
    while (this.#segments.length >= SEGMENTS_MAX || this.length >= EVENTS_MAX) {
      const [oldest] = this.#segments
      if (oldest === undefined) break
      this.#drop(oldest)
    }
    const name = `${String(this.#nextNumber).padStart(12, '0')}.jsonl`
    const segment = { path: join(this.#directory, name), events: 0, bytes: 0 }
    this.#open = { segment, file: openSync(segment.path, 'a', 0o600) }
    this.#nextNumber += 1
    this.#segments.push(segment)
    return this.#open
  }

  #syncSoon(file: number): void {
    this.#unsynced += 1
    if (this.#unsynced >= SYNC_AFTER_EVENTS) this.#sync(file)
    else this.#syncTimer ??= this.#clock.after(SYNC_AFTER_MS, () => this.#sync(file))
  }

  /** In the background: what a failed sync loses is history that memory could not keep either. */
  #sync(file: number): void {
    this.#syncTimer?.[Symbol.dispose]()
    this.#syncTimer = undefined
    this.#unsynced = 0
    if (this.#open?.file === file) fsync(file, () => undefined)
  }

  #close(): void {
    const open = this.#open
    this.#open = undefined
    this.#syncTimer?.[Symbol.dispose]()
    this.#syncTimer = undefined
    if (open !== undefined) fsync(open.file, () => closeSync(open.file))
  }

  #drop(segment: Segment): void {
    if (this.#open?.segment === segment) this.#close()
    const at = this.#segments.indexOf(segment)
    if (at >= 0) this.#segments.splice(at, 1)
    rmSync(segment.path, { force: true })
  }

  #remember(event: EventEnvelope): void {
    this.#ring.push(event)
    if (this.#ring.length > RING_MAX) this.#ring.shift()
  }
}

function foundSegments(directory: string): Segment[] {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const names = readdirSync(directory).filter((name) => /^[0-9]{12}\.jsonl$/.test(name))
    return names.sort().map((name) => {
      const path = join(directory, name)
      const text = readFileSync(path, 'utf8')
      return { path, events: text.split('\n').length - 1, bytes: text.length }
    })
  } catch (error) {
    throw new RoadsteadError('disk-failed', { path: directory }, { cause: error })
  }
}

/** Up to the first line that is not whole: a crash tears at most the last one. */
function readSegment(path: string): EventEnvelope[] {
  const events: EventEnvelope[] = []
  for (const line of readText(path).split('\n')) {
    const event = parseLine(line)
    if (event === undefined) break
    events.push(event)
  }
  return events
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function parseLine(line: string): EventEnvelope | undefined {
  try {
    return EventEnvelope.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}

function numberOf(path: string): number {
  return Number(/([0-9]{12})\.jsonl$/.exec(path)?.[1] ?? 0)
}
