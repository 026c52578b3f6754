import { type NamedEntries, readLiveText } from '@roadstead/edge/core/live/entries.ts'
import type { RunningGeneration } from '@roadstead/edge/core/live/live-table.ts'
import { unseal } from '@roadstead/edge/core/nginx/envelope.ts'
import { tokenize } from '@roadstead/edge/core/nginx/tokenize.ts'
import { sha256 } from '@roadstead/bus/sha256.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { FakeMemory } from './fake-memory.ts'

/** What a real one does after a reload: new workers answer soon, old ones leave 100 ms later. */
const NEW_AFTER_MS = 15
const OLD_UNTIL_MS = 115

type Written =
  | { readonly kind: 'written' }
  | { readonly kind: 'disk-failed'; readonly detail: string }

type Started =
  | { readonly kind: 'started' | 'adopted' }
  | { readonly kind: 'failed'; readonly output: string }

interface Ensured {
  readonly kind: 'kept' | 'last-good' | 'fallback'
}

/**
 * An nginx without a process, for simulations of many edges: it keeps its files in memory, refuses
 * text that is not well formed, and takes its time over a reload. `nginx.contract.ts` holds it to
 * what the real one does. It routes nothing.
 */
export class FakeNginx implements AsyncDisposable {
  readonly version = '0.0.0'
  readonly #clock: Clock
  #files = { candidate: '', routes: '', good: '', live: '' }
  #running: readonly Answering[] = []
  #isUp = true
  #whenDown = Promise.withResolvers<void>()

  /** Its memory; undefined in the reload tier. */
  readonly live: FakeMemory | undefined

  /** @param routes a sealed text to start from. */
  constructor(routes: string, clock: Clock, tier: 'live' | 'reload' = 'reload') {
    this.#clock = clock
    this.live = tier === 'live' ? new FakeMemory(() => this.#isUp) : undefined
    this.#files = { ...this.#files, routes }
    this.#read(0)
  }

  running(): boolean {
    return this.#isUp
  }

  test(): Promise<{ readonly ended: 'well' | 'badly'; readonly output: string }> {
    const isGood = isWellFormed(this.#files.candidate)
    const output = isGood ? '' : 'nginx: [emerg] unexpected end of file'
    return Promise.resolve({ ended: isGood ? 'well' : 'badly', output })
  }

  reload(): boolean {
    if (this.#isUp) this.#read(NEW_AFTER_MS)
    return this.#isUp
  }

  generation(): Promise<string | undefined> {
    return Promise.resolve(this.#answering()[0])
  }

  async runs(): Promise<RunningGeneration | undefined> {
    const file = await this.generation()
    return file === undefined ? undefined : { file, live: this.live?.name ?? '' }
  }

  answersBy(generation: string): Promise<boolean> {
    return Promise.resolve(this.#answering().includes(generation))
  }

  /** They have no memory that could be counted. */
  oldWorkers(): Promise<{ readonly generations: number; readonly bytes: number }> {
    const generations = Math.max(0, this.#answering().length - 1)
    return Promise.resolve({ generations, bytes: 0 })
  }

  /** It has no ports at all. */
  dropStreams(): Promise<boolean> {
    return Promise.resolve(false)
  }

  /** Nobody asks it for anything, so its old workers have nothing to finish. */
  leftovers(): Promise<{
    readonly connections: ReadonlyMap<string, number>
    readonly isAccepting: boolean
  }> {
    return Promise.resolve({ connections: new Map(), isAccepting: this.#answering().length > 1 })
  }

  orphanConnections(): Promise<ReadonlyMap<string, number>> {
    return Promise.resolve(new Map())
  }

  async exited(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const done = () => resolve()
    signal.addEventListener('abort', done, { once: true })
    if (!signal.aborted) await Promise.race([this.#whenDown.promise, promise])
    signal.removeEventListener('abort', done)
  }

  stage(text: string): Promise<Written> {
    this.#files = { ...this.#files, candidate: text }
    return done()
  }

  commit(): Promise<Written> {
    this.#files = { ...this.#files, routes: this.#files.candidate }
    return done()
  }

  keepAsGood(): Promise<Written> {
    this.#files = { ...this.#files, good: this.#files.routes }
    return done()
  }

  restoreGood(): Promise<Written> {
    const { good } = this.#files
    if (good === '') return Promise.resolve({ kind: 'disk-failed', detail: 'there is no good one' })
    this.#files = { ...this.#files, routes: good }
    return done()
  }

  keepLive(text: string): Promise<Written> {
    this.#files = { ...this.#files, live: text }
    return done()
  }

  readLive(): Promise<NamedEntries | undefined> {
    return Promise.resolve(readLiveText(this.#files.live, sha256))
  }

  ensureRoutes(fallback: string): Promise<Ensured> {
    const { routes, good } = this.#files
    if (isWhole(routes)) return Promise.resolve({ kind: 'kept' })
    this.#files = { ...this.#files, routes: isWhole(good) ? good : fallback }
    return Promise.resolve({ kind: isWhole(good) ? 'last-good' : 'fallback' })
  }

  kill(): Promise<void> {
    this.#isUp = false
    this.#running = []
    this.#whenDown.resolve()
    return Promise.resolve()
  }

  /** What a careless hand or a bad disk does to the routes. */
  damage(): Promise<void> {
    const { routes } = this.#files
    this.#files = { ...this.#files, routes: routes.slice(0, routes.length / 2) }
    return Promise.resolve()
  }

  start(mayAdopt: boolean): Promise<Started> {
    if (this.#isUp && mayAdopt) return Promise.resolve({ kind: 'adopted' })
    if (!isWellFormed(this.#files.routes)) {
      return Promise.resolve({ kind: 'failed', output: 'nginx: [emerg] unexpected end of file' })
    }
    this.#isUp = true
    this.#whenDown = Promise.withResolvers()
    this.#running = []
    this.live?.start(this.#files.live)
    this.#read(0)
    return Promise.resolve({ kind: 'started' })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }

  /** Text that it cannot read changes nothing: what ran goes on. */
  #read(afterMs: number): void {
    const { routes } = this.#files
    const generation = isWellFormed(routes) ? unseal(routes, sha256) : undefined
    if (generation === undefined) return
    const now = this.#clock.monoMs()
    const leaving = this.#running.map((it) => ({
      ...it,
      untilMs: Math.min(it.untilMs, now + OLD_UNTIL_MS),
    }))
    const next = { generation, fromMs: now + afterMs, untilMs: Number.POSITIVE_INFINITY }
    this.#running = [...leaving.filter((it) => it.untilMs > now), next]
  }

  /** Generations that answer now, oldest first: that is who a lone connection reaches. */
  #answering(): readonly string[] {
    const now = this.#clock.monoMs()
    return this.#running
      .filter((it) => it.fromMs <= now && now < it.untilMs)
      .map((it) => it.generation)
  }
}

interface Answering {
  readonly generation: string
  readonly fromMs: number
  readonly untilMs: number
}

function isWhole(text: string): boolean {
  return unseal(text, sha256) !== undefined
}

function isWellFormed(text: string): boolean {
  return tokenize(text) !== undefined
}

function done(): Promise<Written> {
  return Promise.resolve({ kind: 'written' })
}
