import { availableParallelism } from 'node:os'

/** A group of test files that are run in the same way. */
export interface Phase {
  readonly name: string
  readonly files: readonly string[]
  /** How many files run at once. */
  readonly filesAtOnce: number
  /** Files among them that run one by one, after the others: what they measure is theirs alone. */
  readonly alone?: readonly string[]
  /** A file that takes longer hangs, and is ended. */
  readonly fileMsMax: number
  /** Part of `npm test`. The others are run by name only. */
  readonly always: boolean
}

/** Ten times what the longest takes. */
const UNIT_MS_MAX = 300_000
/** Starts engines, NATS, masters and nginx, some of them several times, on two cores. */
const SCENARIO_MS_MAX = 600_000
/** Each makes networks and folders of its own, and most of its time waits for deadlines to pass. */
const WAITING_AT_ONCE = Math.min(2, availableParallelism())

export const PHASES: readonly Phase[] = [
  {
    name: 'unit',
    files: [
      'packages/*/src/**/*.test.ts',
      'test/repo/**/*.test.ts',
      'test/rig/**/*.test.ts',
      'test/golden/**/*.test.ts',
      'bench/**/*.test.ts',
    ],
    filesAtOnce: availableParallelism(),
    fileMsMax: UNIT_MS_MAX,
    always: true,
  },
  {
    name: 'contract',
    files: ['test/contract/**/*.test.ts', 'test/hostile/**/*.test.ts'],
    filesAtOnce: WAITING_AT_ONCE,
    // A leader is replaced within its lease and a second, or half a second.
    alone: ['test/contract/election.test.ts'],
    fileMsMax: SCENARIO_MS_MAX,
    always: true,
  },
  {
    name: 'scenarios',
    files: ['test/scenarios/**/*.test.ts'],
    filesAtOnce: WAITING_AT_ONCE,
    // They hold times or rates against a limit, and what a busy machine adds is no finding.
    alone: [
      'test/scenarios/drain-failover.test.ts',
      'test/scenarios/failover.test.ts',
      'test/scenarios/many-events.test.ts',
      'test/scenarios/request-counts.test.ts',
      'test/scenarios/settings.test.ts',
      'test/scenarios/simulate.test.ts',
      'test/scenarios/under-way.test.ts',
    ],
    fileMsMax: SCENARIO_MS_MAX,
    always: true,
  },
  {
    name: 'browser',
    files: ['test/browser/**/*.test.ts'],
    filesAtOnce: 1,
    fileMsMax: SCENARIO_MS_MAX,
    always: true,
  },
  {
    name: 'golden',
    files: ['test/golden/**/*.test.ts', 'packages/*/src/**/*golden*.test.ts'],
    filesAtOnce: 1,
    fileMsMax: UNIT_MS_MAX,
    always: false,
  },
]
