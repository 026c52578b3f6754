import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { machine } from '../rig/machine.ts'
import type { Proof } from './proof.ts'

/** How a trial was carried through; `seed` repeats its faults. */
export interface Circumstances {
  readonly seed: number
  readonly tookS: number
}

const FILE = path.resolve(import.meta.dirname, '../../bench/results/chaos.json')

/**
 * Writes down what came of each trial, in place of what came of it before; what other trials came to
 * stays. Answers with the text of the whole record.
 */
export function keepRecord(
  trials: readonly string[],
  proofs: ReadonlyMap<string, Proof & Circumstances>,
): string {
  const kept = before()
  const date = new Date().toISOString().slice(0, 10)
  const results = trials.flatMap((trial) => {
    const proof = proofs.get(trial)
    if (proof === undefined) return kept.filter((it) => Reflect.get(it, 'trial') === trial)
    const { figures, name, seed, sums, tookS, wrong } = proof
    return [{ trial, date, machine: machine(), name, ...sums, seed, tookS, wrong, figures }]
  })
  const text = `${JSON.stringify({ bench: 'chaos', results }, null, 2)}\n`
  mkdirSync(path.dirname(FILE), { recursive: true })
  writeFileSync(FILE, text)
  return text
}

/** Nothing, when there is no record yet, or one that nobody can read. */
function before(): readonly object[] {
  try {
    const record: unknown = JSON.parse(readFileSync(FILE, 'utf8'))
    const results: unknown = Reflect.get(Object(record), 'results')
    return Array.isArray(results) ? results.map(Object) : []
  } catch {
    return []
  }
}
