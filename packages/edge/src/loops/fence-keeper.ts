import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { PersistedFence } from '../core/persisted.ts'
import type { Written } from './job.ts'

/**
 * A disk takes a few milliseconds for it; one that is shared or throttled takes a second, and changes
 * that visitors wait for would queue behind it.
 */
export const FENCE_MS_MAX = 50
/** A disk that answers neither yes nor no for so long is taken for broken. */
export const FENCE_HANGS_MS = 10_000

export interface FenceKeeperDeps {
  readonly disk: { writeFence(fence: PersistedFence): Promise<Written> }
  readonly clock: Pick<Clock, 'after' | 'monoMs'>
}

/**
 * Brings the fence to the disk, one write at a time, always the newest. The first of an epoch has to be
 * there before a table counts as in force. Those that follow in it are given a moment, and are on
 * their way after that: what a death of the edge can undo then is the order of the last tables of one
 * leader, of which the bus has the newest. A write that failed lets none pass that is not on the disk.
 */
export class FenceKeeper {
  readonly #deps: FenceKeeperDeps
  #onDisk: PersistedFence | undefined
  #newest: PersistedFence | undefined
  #writing: Promise<Written> | undefined
  /** The write after the one under way, for everybody who came meanwhile. */
  #next: Promise<Written> | undefined
  #begunMs = 0
  #isFailing = false

  constructor(deps: FenceKeeperDeps) {
    this.#deps = deps
  }

  /** Resolves when it is there, or has failed, or need not be waited for any longer. */
  async writeFence(fence: PersistedFence): Promise<Written> {
    const { clock } = this.#deps
    this.#newest = fence
    const hangsInMs = this.#begunMs + FENCE_HANGS_MS - clock.monoMs()
    if (this.#writing !== undefined && hangsInMs <= 0) return HANGS
    const done = this.#queue()
    const mayPass = !this.#isFailing && isSameReign(this.#onDisk, fence)
    const over = Promise.withResolvers<Written>()
    using _limit = clock.after(mayPass ? FENCE_MS_MAX : FENCE_HANGS_MS, () =>
      over.resolve(mayPass ? { kind: 'written' } : HANGS),
    )
    return await Promise.race([done, over.promise])
  }

  #queue(): Promise<Written> {
    if (this.#next !== undefined) return this.#next
    if (this.#writing === undefined) return this.#begin()
    this.#next = this.#writing.then(() => {
      this.#next = undefined
      return this.#begin()
    })
    return this.#next
  }

  #begin(): Promise<Written> {
    this.#begunMs = this.#deps.clock.monoMs()
    const writing = this.#writeNewest().finally(() => {
      if (this.#writing === writing) this.#writing = undefined
    })
    this.#writing = writing
    return writing
  }

  async #writeNewest(): Promise<Written> {
    const fence = this.#newest
    if (fence === undefined || fence === this.#onDisk) return { kind: 'written' }
    const written = await this.#deps.disk.writeFence(fence)
    this.#isFailing = written.kind !== 'written'
    if (!this.#isFailing) this.#onDisk = fence
    return written
  }
}

const HANGS: Written = { kind: 'disk-failed', detail: 'the disk does not answer' }

function isSameReign(a: PersistedFence | undefined, b: PersistedFence): boolean {
  return (
    a?.stamp !== undefined &&
    a.epochMax === b.epochMax &&
    a.stamp.epoch === b.stamp?.epoch &&
    a.stamp.instance === b.stamp.instance
  )
}
