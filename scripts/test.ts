/**
 * Runs the tests: `node scripts/test.ts [PHASE…] [FILTER…] [--update]`.
 *
 * Without a phase, all that `npm test` stands for: the checks of the sources, then each phase
 * that is always run. A word that is no phase keeps only the files whose path contains it.
 * `--update` rewrites the golden files instead of comparing with them.
 *
 * A failure does not stop the rest: who waited for a run wants to know everything. The last
 * line gives the sum, and the exit code is 0 only if nothing failed and something was run.
 */
import { PHASES } from './tasks/phases.ts'
import { runCheck } from './tasks/run-check.ts'
import { runPhase } from './tasks/run-phase.ts'
import { sweep } from './tasks/sweep.ts'
import { add, closingLine, NOTHING } from './tasks/tally.ts'

const words = process.argv.slice(2)
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stop.abort(new Error(`stopped by ${signal}`)))
}
if (words.includes('--update')) process.env['UPDATE_GOLDEN'] = '1'

const named = PHASES.filter(({ name }) => words.includes(name))
const filters = words.filter(
  (word) => !word.startsWith('-') && !PHASES.some((it) => it.name === word),
)
const phases = named.length > 0 ? named : PHASES.filter(({ always }) => always)
const everything = named.length === 0 && filters.length === 0

let tally = NOTHING
await sweep()
try {
  if (everything) tally = add(tally, await runCheck([], stop.signal))
  for (const phase of phases) {
    if (stop.signal.aborted) break
    tally = add(tally, await runPhase(phase, filters, stop.signal))
  }
} finally {
  await sweep()
}

process.stdout.write(`\n${closingLine(tally)}\n`)
const ran = tally.passed + tally.failed > 0
if (!ran) process.stderr.write(`no test file matches: ${words.join(' ')}\n`)
process.exitCode = ran && tally.failed === 0 && !stop.signal.aborted ? 0 : 1
