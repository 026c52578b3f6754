import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CandidateProcess } from './candidate.ts'
import { eventually } from './eventually.ts'
import type { NatsRig } from './nats.ts'

/** Two processes that campaign on one bus, and while they lead write without a pause. */
export class Pair implements AsyncDisposable {
  readonly nats: NatsRig
  readonly #candidates: readonly CandidateProcess[]
  readonly #directory: string

  private constructor(nats: NatsRig, directory: string) {
    this.nats = nats
    this.#directory = directory
    this.#candidates = ['m1', 'm2'].map(
      (id) => new CandidateProcess(nats.user('master', id), join(directory, id)),
    )
  }

  /** As masters `m1` and `m2`, which the bus has to know. */
  static async on(nats: NatsRig): Promise<Pair> {
    return new Pair(nats, await mkdtemp(join(tmpdir(), 'roadstead-election-')))
  }

  /** The one that leads and has written; what earlier tests left is long unchanged by then. */
  async leader(): Promise<CandidateProcess> {
    return eventually(
      'somebody leads and writes',
      () => this.#candidates.find((it) => it.report.kind === 'leader' && it.report.writes > 0),
      { withinMs: 15_000 },
    )
  }

  leadsBesides(former: CandidateProcess): boolean {
    return this.#candidates.some((it) => it !== former && it.report.kind === 'leader')
  }

  epoch(): number | undefined {
    return this.#candidates.find((it) => it.report.kind === 'leader')?.report.epoch
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#candidates.map((it) => it[Symbol.asyncDispose]()))
    await rm(this.#directory, { recursive: true, force: true })
  }
}
