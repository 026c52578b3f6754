import { sha256 } from '@roadstead/bus/sha256.ts'
import {
  allEntries,
  changeEntries,
  type EntrySet,
  noEntries,
  readLiveText,
} from '@roadstead/edge/core/live/entries.ts'
import type {
  LiveEntries,
  LiveEntry,
  LiveStep,
  LiveTable,
  Pushed,
} from '@roadstead/edge/core/live/live-table.ts'

/** The memory of an nginx without a process. Nobody ever asks it for anything. */
export class FakeMemory implements LiveTable {
  name = ''
  isClosing = false
  #set: EntrySet = noEntries
  #isUp: () => boolean

  constructor(isUp: () => boolean) {
    this.#isUp = isUp
  }

  get entries(): LiveEntries {
    return new Map(allEntries(this.#set))
  }

  push(steps: readonly LiveStep[], from: string, to: string): Promise<Pushed> {
    if (!this.#isUp()) return Promise.resolve({ kind: 'unreachable' })
    if (this.name !== from) return Promise.resolve({ kind: 'other-base' })
    const changes = steps.map(
      (step) => [step.key, step.kind === 'set' ? step.value : undefined] as const,
    )
    this.#set = changeEntries(this.#set, changes)
    this.name = to
    return Promise.resolve({ kind: 'pushed' })
  }

  replace(entries: Iterable<LiveEntry>, to: string): Promise<Pushed> {
    if (!this.#isUp()) return Promise.resolve({ kind: 'unreachable' })
    this.#set = changeEntries(noEntries, entries)
    this.name = to
    return Promise.resolve({ kind: 'pushed' })
  }

  inFlight(
    _asked: ReadonlySet<string> | undefined,
  ): Promise<ReadonlyMap<string, number> | undefined> {
    return Promise.resolve(this.#isUp() ? new Map() : undefined)
  }

  waiting(): Promise<number | undefined> {
    return Promise.resolve(this.#isUp() ? 0 : undefined)
  }

  setClosing(closing: boolean): Promise<boolean> {
    this.isClosing = closing
    return Promise.resolve(this.#isUp())
  }

  /** What a start does with the file of entries, which a reload does not. */
  start(text: string): void {
    const read = readLiveText(text, sha256)
    this.#set = read?.set ?? noEntries
    this.name = read?.generation ?? ''
  }
}
