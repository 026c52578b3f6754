import { globSync } from 'node:fs'
import path from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { COMPILED } from './compiled.ts'
import { seconds } from './seconds.ts'
import type { Phase } from './phases.ts'
import { add, NOTHING, type Tally } from './tally.ts'

const WATCHDOG = path.resolve(import.meta.dirname, 'watchdog.ts')

/**
 * Runs the test files of a phase, each in a process of its own, and counts.
 *
 * `filters` keep the files whose path contains one of them. No file at all is not an error
 * here: the caller knows whether anything else was run.
 */
export async function runPhase(
  phase: Phase,
  filters: readonly string[],
  signal: AbortSignal,
): Promise<Tally> {
  const files = filesOf(phase.files, filters)
  if (files.length === 0) return NOTHING

  print(`\n▶ ${phase.name} (${files.length} ${files.length === 1 ? 'file' : 'files'})\n`)
  const began = performance.now()
  const alone = new Set(filesOf(phase.alone ?? [], filters))
  const others = files.filter((file) => !alone.has(file))
  let tally = await runFiles(phase, others, phase.filesAtOnce, signal)
  if (!signal.aborted) tally = add(tally, await runFiles(phase, [...alone], 1, signal))
  print(`${phase.name}: ${seconds(began)}\n`)
  return tally
}

async function runFiles(
  { fileMsMax }: Phase,
  files: readonly string[],
  concurrency: number,
  signal: AbortSignal,
): Promise<Tally> {
  if (files.length === 0) return NOTHING
  const tests = run({
    files,
    concurrency,
    isolation: 'process',
    execArgv: ['--disable-warning=ExperimentalWarning', '--import', WATCHDOG],
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: COMPILED,
      ROADSTEAD_TEST_FILE_MS_MAX: String(fileMsMax),
    },
    signal,
  })
  let tally: Tally | undefined
  tests.on('test:summary', ({ file, counts }) => {
    // The one without a file sums up the others.
    if (file === undefined) tally = toTally(counts)
  })
  for await (const text of tests.compose(new spec())) print(String(text))
  return tally ?? { ...NOTHING, failed: 1 }
}

interface Counts {
  readonly tests: number
  readonly passed: number
  readonly skipped: number
  readonly todo: number
}

/** Whatever neither passed nor was left out has failed, cancelled tests and `todo` too. */
function toTally({ tests, passed, skipped }: Counts): Tally {
  return { passed, skipped, failed: tests - passed - skipped }
}

function filesOf(patterns: readonly string[], filters: readonly string[]): string[] {
  const found = patterns.flatMap((pattern) => globSync(pattern))
  const wanted = [...new Set(found)].filter(
    (file) => filters.length === 0 || filters.some((filter) => file.includes(filter)),
  )
  return wanted.sort().map((file) => path.resolve(file))
}

function print(text: string): void {
  process.stdout.write(text)
}
