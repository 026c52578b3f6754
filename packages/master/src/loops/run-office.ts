import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { type Run, RunId } from '@roadstead/shared/protocol/run.ts'
import type { DecisionChange } from '../core/graph/fold.ts'
import type { Graph } from '../core/graph/graph.ts'
import type { Derivation } from '../core/routes/derived.ts'
import { beginRun, type RunRequest } from '../core/runs/begin-run.ts'
import { writesOf } from '../core/runs/run-file.ts'

export interface RunOfficeDeps {
  readonly state: { readonly graph: Graph; readonly derived: Derivation }
  readonly settle: {
    readonly isCaughtUp: boolean
    onCaughtUp(listener: () => void): Disposable
  }
  readonly pen: {
    assertLeads(): void
    write(drafts: readonly DecisionChange[]): Promise<void>
  }
  /** 16 hexadecimal digits, never used before. */
  readonly newRunId: () => string
  readonly clock: Clock
  readonly log: Log
}

/** Where people ask for runs. One request at a time: the next one sees the run of the one before. */
export class RunOffice {
  readonly #deps: RunOfficeDeps
  #last: Promise<unknown> = Promise.resolve()

  constructor(deps: RunOfficeDeps) {
    this.#deps = deps
  }

  /** @throws RoadsteadError `not-leader`, or what is wrong with the request */
  begin(request: RunRequest, by: string): Promise<Run> {
    const begun = this.#last.then(() => this.#begin(request, by))
    this.#last = begun.catch(() => undefined)
    return begun
  }

  async #begin(request: RunRequest, by: string): Promise<Run> {
    const { clock, log, newRunId, pen, state } = this.#deps
    pen.assertLeads()
    await this.#caughtUp()
    const { table, verdicts } = state.derived
    const at = new Date(clock.wallMs()).toISOString()
    const id = RunId.parse(newRunId())
    const begun = beginRun(request, { graph: state.graph, table, verdicts }, { id, by, at })
    if (begun.kind === 'refused') throw new RoadsteadError(begun.code, begun.facts)
    const { cancelled, run } = begun
    const { runs } = state.graph
    await pen.write([...cancelled, run].flatMap((each) => writesOf(each, runs.get(each.id))))
    log.info({ by, run: run.id, verb: run.verb, target: run.target }, 'run begun')
    return run
  }

  /** Who has just begun to lead may not know yet what the leader before has begun. */
  async #caughtUp(): Promise<void> {
    const { clock, settle } = this.#deps
    if (settle.isCaughtUp) return
    const { promise, resolve } = Promise.withResolvers<void>()
    using _read = settle.onCaughtUp(resolve)
    using _limit = clock.after(READ_MS_MAX, resolve)
    await promise
    if (!settle.isCaughtUp) throw new RoadsteadError('not-leader', { leader: 'just taking over' })
  }
}

/** Making sure of a place in a stream takes milliseconds; people wait for no more than this. */
const READ_MS_MAX = 2_000
