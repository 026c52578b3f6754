import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { PersistedFence } from '../core/persisted.ts'
import type { Written } from './job.ts'

/**
 * A disk takes a few milliseconds for it; one that is shared or throttled takes a second, and changes
 * that visitors wait for would queue behind it.
 */
export const FENCE_MS_MAX = 50

export interface FenceKeeperDeps {
  readonly disk: { writeFence(fence: PersistedFence): Promise<Written> }
  readonly clock: Pick<Clock, 'after'>
}

/**
 * Brings the fence to the disk, one write at a time, always the newest. The first of an epoch has to be
 * there before anything is in force by it. Those that follow in it are given a moment, and are on
 * their way after that: what a death of the edge can undo then is the order of the last tables of one
 * leader, of which the bus has the newest. A write that failed lets none pass that is not on the disk.
 */
export class FenceKeeper {
  readonly #deps: FenceKeeperDeps
  #onDisk: PersistedFence | undefined
  #newest: PersistedFence | undefined
  #writing: Promise<Written> = Promise.resolve({ kind: 'written' })
  #isFailing = false

  constructor(deps: FenceKeeperDeps) {
    this.#deps = deps
  }

  /** Resolves when it is there, or has failed, or need not be waited for any longer. */
  async writeFence(fence: PersistedFence): Promise<Written> {
    this.#newest = fence
    const writing = this.#writing.then(() => this.#writeNewest())
    this.#writing = writing
    if (this.#isFailing || !isSameReign(this.#onDisk, fence)) return writing
    const late = Promise.withResolvers<Written>()
    using _limit = this.#deps.clock.after(FENCE_MS_MAX, () => late.resolve({ kind: 'written' }))
    return await Promise.race([writing, late.promise])
  }

  /** Whoever waited behind another write finds that it has been done. */
  async #writeNewest(): Promise<Written> {
    const fence = this.#newest
    if (fence === undefined || fence === this.#onDisk) return { kind: 'written' }
    const written = await this.#deps.disk.writeFence(fence)
    this.#isFailing = written.kind !== 'written'
    if (!this.#isFailing) this.#onDisk = fence
    return written
  }
}

function isSameReign(a: PersistedFence | undefined, b: PersistedFence): boolean {
  return (
    a?.stamp !== undefined &&
    a.epochMax === b.epochMax &&
    a.stamp.epoch === b.stamp?.epoch &&
    a.stamp.instance === b.stamp.instance
  )
}
