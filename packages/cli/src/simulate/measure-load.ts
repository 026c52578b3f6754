import path from 'node:path'
import type { PartLoad } from '../core/simulation/summary.ts'
import { readPidRecords } from '../io/pid-record.ts'
import { loadOf, type ProcessLoad } from '../io/process-load.ts'
import { processesIn } from '../io/process-table.ts'
import type { Layout } from '../up/layout.ts'

/** Many processes may be one part. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/^agents?-/, 'agents'],
  [/^simulator-/, 'simulated engines'],
]

/** What each part of the federation takes of this machine, from when it is made. */
export class LoadMeter {
  readonly #layout: Layout
  readonly #before: ReadonlyMap<string, ProcessLoad>
  readonly #maxMb = new Map<string, number>()

  constructor(layout: Layout) {
    this.#layout = layout
    this.#before = this.#read()
  }

  /** Looks how much memory there is in use now. */
  sample(): ReadonlyMap<string, ProcessLoad> {
    const now = this.#read()
    for (const [part, { residentMb }] of now) {
      this.#maxMb.set(part, Math.max(residentMb, this.#maxMb.get(part) ?? 0))
    }
    return now
  }

  since(tookMs: number): readonly PartLoad[] {
    return [...this.sample()].map(([part, { busyMs, residentMb }]) => ({
      part,
      cpu: Math.round((1_000 * (busyMs - (this.#before.get(part)?.busyMs ?? 0))) / tookMs) / 1_000,
      residentMb,
      residentMbMax: this.#maxMb.get(part) ?? residentMb,
    }))
  }

  #read(): ReadonlyMap<string, ProcessLoad> {
    const pidsByPart = new Map<string, number[]>([
      ['nginx', processesIn(path.join(this.#layout.edge, 'nginx'), 'nginx')],
      ['visitors and this command', [process.pid]],
    ])
    for (const { role, pid } of readPidRecords(this.#layout.pids)) {
      const part = PARTS.find(([pattern]) => pattern.test(role))?.[1] ?? role
      pidsByPart.set(part, [...(pidsByPart.get(part) ?? []), pid])
    }
    const there = [...pidsByPart].filter(([, pids]) => pids.length > 0)
    return new Map(there.map(([part, pids]) => [part, loadOf(pids)] as const))
  }
}
