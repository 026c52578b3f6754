import type { RunningGeneration } from '../core/live/live-table.ts'
import { conflictsIn } from '../core/nginx/conflicts.ts'
import type { OldWorkers } from '../core/workers.ts'
import { askGeneration } from './ask-generation.ts'
import type { AttachedFiles } from './attached-files.ts'
import type { Leftovers } from './nginx.ts'
import type { Run } from './nginx-binary.ts'
import type { DiskTrouble } from './write-whole.ts'

/** One life of a master process. */
export interface Running {
  readonly kind: 'running'
  readonly identity: string
  readonly version: string
  /** Where this machine reaches what it listens on. */
  readonly address: string
}

export interface Absent {
  readonly kind: 'absent'
  /** Where it was looked for, and what was found. */
  readonly why: string
}

export type Tested =
  | Run
  /** With what there is to do about it. */
  | { readonly ended: 'not-running' | 'not-included'; readonly output: string }
  /** It could not stand where it is tested, or what was there could not be put back yet. */
  | { readonly ended: DiskTrouble['kind']; readonly output: string }

/** How an nginx that is not ours is reached. */
export interface Reach {
  look(): Promise<Running | Absent>
  /** Tests a candidate beside the file in force; a reason when that cannot be had. */
  testBefore(): Promise<Tested | { readonly kind: 'cannot'; readonly why: string }>
  /** Tests what is in force; `dump` prints all that is read as well, if it is not too much. */
  testInForce(dump?: 'dump'): Promise<Tested>
  reload(): Promise<boolean>
  oldWorkers(): Promise<OldWorkers>
  /** Undefined while it is not known. */
  leftovers(): Promise<Leftovers | undefined>
}

interface AttachedParams {
  readonly reach: Reach
  readonly files: AttachedFiles
  readonly port: number
  readonly ownName: string
  /** The line that its owner has to write, and where. */
  readonly wantedLine: string
  /** What shows him why it refuses everything. */
  readonly whenHopeless: string
}

/**
 * An nginx that somebody else runs, and that includes our file. It is tested, told to read its files
 * again, and asked; it is never started or stopped.
 */
export class AttachedNginx {
  readonly #params: AttachedParams
  #running: Running | Absent = { kind: 'absent', why: 'nobody has looked yet' }
  #version = 'unknown'
  #afterSwap: string | undefined
  #conflicts: readonly string[] = []

  constructor(params: AttachedParams) {
    this.#params = params
  }

  get version(): string {
    return this.#version
  }

  /** Which master process was there at the last look. */
  get identity(): string | undefined {
    return this.#running.kind === 'running' ? this.#running.identity : undefined
  }

  /** Why it is taken for not running; undefined when it runs. */
  get absent(): string | undefined {
    return this.#running.kind === 'absent' ? this.#running.why : undefined
  }

  get whenHopeless(): string {
    return this.#params.whenHopeless
  }

  /** Why a text is tested only after it stands in its place; undefined when it is tested before. */
  get afterSwap(): string | undefined {
    return this.#afterSwap
  }

  /** Names that another server of this nginx has as well. */
  get conflicts(): readonly string[] {
    return this.#conflicts
  }

  running(): boolean {
    return this.#running.kind === 'running'
  }

  async look(): Promise<void> {
    this.#running = await this.#params.reach.look()
    if (this.#running.kind === 'running') this.#version = this.#running.version
  }

  async test(): Promise<Tested> {
    const { reach, files } = this.#params
    const before = await reach.testBefore()
    if (!('kind' in before)) return this.#tested(before, undefined)
    if (await this.#isLeftOut()) return { ended: 'not-included', output: this.#params.wantedLine }
    const after = await files.onTrial(() => reach.testInForce())
    if ('kind' in after) return { ended: after.kind, output: after.detail }
    return this.#tested(after, before.why)
  }

  async reload(): Promise<boolean> {
    return this.#params.reach.reload()
  }

  /** There are no entries in its memory. */
  async runs(): Promise<RunningGeneration | undefined> {
    const file = await this.generation()
    return file === undefined ? undefined : { file, live: '' }
  }

  async generation(): Promise<string | undefined> {
    const said = await this.says()
    return said.kind === 'generation' ? said.generation : undefined
  }

  /** Several at once: some of them reach workers other than those that a lone one reaches. */
  async answersBy(generation: string): Promise<boolean> {
    const asked = Array.from({ length: 4 }, () => this.generation())
    return (await Promise.all(asked)).includes(generation)
  }

  says(): ReturnType<typeof askGeneration> {
    const { port, ownName } = this.#params
    const host = this.#running.kind === 'running' ? this.#running.address : '127.0.0.1'
    return askGeneration({ host, port }, ownName)
  }

  async oldWorkers(): Promise<OldWorkers> {
    return this.#params.reach.oldWorkers()
  }

  async leftovers(): Promise<Leftovers | undefined> {
    return this.#params.reach.leftovers()
  }

  /** Workers whose master is gone are the operator's, and nobody knows them. */
  async orphanConnections(): Promise<ReadonlyMap<string, number>> {
    return new Map()
  }

  /**
   * Whether no file of this nginx includes ours: then a reload would change nothing, and would be
   * tried for ever. Its own print of what it reads tells, by whatever pattern or path: what is in
   * force names this edge, unless it is empty or of another life, and then a comment before it does.
   * It is asked only where nothing of ours answers; what cannot be told is taken for included.
   */
  async #isLeftOut(): Promise<boolean> {
    if ((await this.says()).kind === 'generation') return false
    const { reach, files, ownName } = this.#params
    const isMissing = ({ ended, output }: Tested) => ended === 'well' && !output.includes(ownName)
    const print = () => reach.testInForce('dump')
    if (!isMissing(await print())) return false
    const read = await files.underComment(ownName, print)
    return !('kind' in read) && isMissing(read)
  }

  #tested(run: Tested, afterSwap: string | undefined): Tested {
    this.#afterSwap = afterSwap
    if (run.ended === 'well') {
      this.#conflicts = conflictsIn(run.output, this.#params.files.staged)
    }
    return run
  }
}
