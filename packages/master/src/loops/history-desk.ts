import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Observation, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import type { AuditView, EventView } from '@roadstead/shared/protocol/http-events.ts'
import { whyEnded } from '../core/decide/decision-events.ts'
import type { Graph } from '../core/graph/graph.ts'
import { Causes } from '../core/history/causes.ts'
import { type DecisionWord, noteOfDecision } from '../core/history/decided.ts'
import { type Note, ownPlace, type Place } from '../core/history/note.ts'
import { notesOfObservation, notesOfSnapshot } from '../core/history/observed.ts'

export interface HistoryDeskDeps {
  readonly digest: Digest
  readonly nowMs: () => number
  /** What is folded so far; the word that is put down may not be. */
  readonly known: () => Graph
  /** So many changes could not be kept. */
  readonly onLost: (changes: number) => void
}

/** What is known of the log, for people. */
export interface HistoryStatus {
  readonly state: 'opening' | 'written' | 'memory'
  readonly why?: string
  readonly beginsMs?: number
  readonly bytes?: number
}

/**
 * Where everybody puts down what belongs into the change log. Putting down costs next to nothing and
 * never waits: words are made of it when the log takes it, a few at a time. When the log does not take
 * it for long, the oldest goes, and how much went is known.
 */
export class HistoryDesk {
  readonly bell = new Bell()
  readonly causes = new Causes()
  status: HistoryStatus = { state: 'opening' }
  /** Goes up when the log has been told of a loss, and whoever knows how things are should say so. */
  restored = 0
  readonly #deps: HistoryDeskDeps
  #queue: Entry[] = []
  #head = 0
  #weight = 0
  #rest: Iterator<Note> | undefined
  #read: Place | undefined
  #noted: Place | undefined
  #loss: Loss | undefined
  #lostEver = 0

  constructor(deps: HistoryDeskDeps) {
    this.#deps = deps
  }

  get waiting(): number {
    return this.#weight
  }

  /** Changes that could not be kept, in this life. */
  get lost(): number {
    return this.#lostEver
  }

  observed(observation: Observation, place: Omit<Place, 'stream'>): void {
    const { digest } = this.#deps
    this.causes.observed(observation, this.#hostName(observation))
    const notes = (): Note[] => notesOfObservation(observation, digest)
    this.#put({ weight: 1, place: { stream: 'events', ...place }, notes })
  }

  snapshot(snapshot: Snapshot): void {
    this.causes.snapshot(this.#hostName(snapshot))
    this.told(snapshot)
  }

  /** How a host looks, also in the words of whoever only remembers it. */
  told(snapshot: Omit<Snapshot, 'stateHash' | 'kind'>): void {
    const weight = snapshot.containers.length + snapshot.networks.length + 1
    this.#put({ weight, notes: () => notesOfSnapshot(snapshot, this.#deps.digest) })
  }

  decided(word: DecisionWord): void {
    this.causes.decided(word)
    const known = this.#deps.known()
    const why = whyEnded(known.decisions.get(word.key), word.decision, known)
    const note = noteOfDecision(word, this.#deps.nowMs(), why)
    if (note !== undefined) this.put([note], 1)
  }

  /** What happened while this master led, and is no state of anything. */
  happened(line: Omit<EventView, 'revision'>, epoch: number): void {
    const { at, details, host, kind, subject: name, what } = line
    const thing = { kind, key: details['run'] ?? name, host, name }
    const place = ownPlace(epoch)
    const body = JSON.stringify({ what, details })
    this.put([{ kind: 'line', place, atMs: Date.parse(at), cause: '', thing, body }], 1)
  }

  asked(entry: Omit<AuditView, 'at'>): void {
    this.put([{ kind: 'audit', atMs: this.#deps.nowMs(), entry }], 1)
  }

  put(notes: Iterable<Note>, weight: number): void {
    this.#put({ weight, notes: () => notes })
  }

  /** Events up to here are in the log already. */
  resumeAfter(place: Place): void {
    this.#read = place
  }

  /** So many of the oldest notes at most, made just now; fewer when there are no more. */
  take(max: number): Note[] {
    const taken: Note[] = []
    while (taken.length < max) {
      this.#rest ??= this.#nextEntry()?.[Symbol.iterator]()
      if (this.#rest === undefined) break
      const { done, value } = this.#rest.next()
      if (done === true) this.#rest = undefined
      else taken.push(value)
    }
    // Behind what it speaks of: whoever starts anew from there has missed nothing.
    const isWhole = this.#rest === undefined && taken.length > 0
    if (isWhole && this.#noted !== undefined) taken.push({ kind: 'read', place: this.#noted })
    if (isWhole) this.#noted = undefined
    return taken
  }

  /** What was lost since the last call. */
  takeLoss(): Loss | undefined {
    const loss = this.#loss
    this.#loss = undefined
    return loss
  }

  lose(changes: number): void {
    const nowMs = this.#deps.nowMs()
    const { sinceMs = nowMs, changes: before = 0 } = this.#loss ?? {}
    this.#loss = { sinceMs, untilMs: nowMs, changes: before + changes }
    this.#lostEver += changes
    this.#deps.onLost(changes)
  }

  #hostName({ stamp: { host } }: Pick<Observation, 'stamp'>): string {
    return this.#deps.known().hosts.get(host)?.facts.name ?? host
  }

  #put(entry: Entry): void {
    if (entry.place !== undefined && this.#isRead(entry.place)) return
    this.#queue.push(entry)
    this.#weight += entry.weight
    while (this.#weight > WAITING_MAX && this.#queue.length - this.#head > 1) {
      this.lose(this.#shift()?.weight ?? 0)
    }
    this.bell.ring()
  }

  #nextEntry(): Iterable<Note> | undefined {
    for (let entry = this.#shift(); entry !== undefined; entry = this.#shift()) {
      if (entry.place !== undefined && this.#isRead(entry.place)) continue
      this.#noted = entry.place ?? this.#noted
      return entry.notes()
    }
    return undefined
  }

  #shift(): Entry | undefined {
    const entry = this.#queue[this.#head]
    if (entry === undefined) return undefined
    this.#head += 1
    this.#weight -= entry.weight
    if (this.#head === this.#queue.length || this.#head > HEAD_MAX) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
    return entry
  }

  #isRead({ incarnation, seq }: Place): boolean {
    const read = this.#read
    return read !== undefined && read.incarnation === incarnation && seq <= read.seq
  }
}

/** Three kilobytes each in the worst case, so 60 MB; a fleet of 5,000 containers makes 100 in a second. */
const WAITING_MAX = 20_000
/** Entries that were taken are cut off in batches. */
const HEAD_MAX = 4_096

interface Entry {
  readonly weight: number
  /** Of an event of an agent: where it stands in the stream that masters read again from its beginning. */
  readonly place?: Place
  readonly notes: () => Iterable<Note>
}

export interface Loss {
  readonly sinceMs: number
  readonly untilMs: number
  readonly changes: number
}
