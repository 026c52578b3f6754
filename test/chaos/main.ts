/**
 * The long forms of what the scenarios show in short:
 * `npm run chaos -- [NAME…] [--json] [--rounds N] [--seed N]`. Prints what came of each trial, and ends with
 * 0 only if nothing is wrong with any of them. With `--json` it is kept in `bench/results/chaos.json`.
 */
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { Rig, type RigOptions } from '../rig/rig.ts'
import { changesLive } from './changes-live.ts'
import { hostileValues } from './hostile-values.ts'
import { forceRecreate, type RecreateOptions } from './force-recreate.ts'
import type { Proof } from './proof.ts'
import { randomFaults } from './random-faults.ts'
import { type Circumstances, keepRecord } from './record.ts'
import { rollingRestarts } from './rolling-restarts.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seed: { type: 'string' },
  },
})
const ROUNDS = Number(values.rounds ?? 20)
const FAULTS = Number(values.rounds ?? 15)
const SEED = Number(values.seed ?? Date.now() % 1_000_000)
/** 20 rounds of some 2 s with 30 clients: 20,000 POSTs. */
const POSTS_PER_ROUND = 1_000
/** 500 changes in all. */
const CHANGES_PER_ROUND = 25

const rolling = { rounds: ROUNDS, clients: 30, pauseMs: 40, postsMin: POSTS_PER_ROUND * ROUNDS }
const pair = { hosts: ['alpha'], masters: 2 } as const
const compose = { ...pair, tier: 'live', drainLimitS: 20 } as const
const recreate = (kind: RecreateOptions['kind']) => (rig: Rig) =>
  forceRecreate(rig, { kind, rounds: ROUNDS, clients: 10, pauseMs: 20 })

const TRIALS: Readonly<Record<string, () => Promise<Proof>>> = {
  'rolling-live': on({ ...pair, tier: 'live' }, (rig) => rollingRestarts(rig, rolling)),
  'rolling-reload': on({ ...pair, tier: 'reload' }, (rig) => rollingRestarts(rig, rolling)),
  'recreate-two': on(compose, recreate('two')),
  'recreate-held': on(compose, recreate('held')),
  'recreate-one': on(compose, recreate('one')),
  'changes-live': on({ ...pair, tier: 'live' }, (rig) =>
    changesLive(rig, { changes: CHANGES_PER_ROUND * ROUNDS, connections: 40, pauseMs: 40 }),
  ),
  faults: on({ hosts: ['alpha', 'beta'], masters: 2, tier: 'live' }, (rig) =>
    randomFaults(rig, { seed: SEED, faults: FAULTS }),
  ),
  fuzz: () => hostileValues({ seed: SEED, rounds: ROUNDS }),
}

const unknown = positionals.filter((name) => !(name in TRIALS))
if (unknown.length > 0) {
  const names = Object.keys(TRIALS).join(', ')
  process.stderr.write(`There is no trial ${unknown.join(', ')}. There are: ${names}.\n`)
  process.exit(2)
}

const proofs = new Map<string, Proof & Circumstances>()
for (const name of positionals.length > 0 ? positionals : Object.keys(TRIALS)) {
  const beganMs = performance.now()
  const proof = await TRIALS[name]?.().catch(broken(name))
  if (proof === undefined) continue
  const tookS = Math.round((performance.now() - beganMs) / 1_000)
  proofs.set(name, { ...proof, seed: SEED, tookS })
  if (!values.json) process.stdout.write(told(proof, tookS))
}
if (values.json) process.stdout.write(keepRecord(Object.keys(TRIALS), proofs))
const isRight = [...proofs.values()].every(({ wrong }) => wrong.length === 0)
sweep()
process.exitCode = isRight ? 0 : 1

/** A trial that could not even be carried through. */
function broken(name: string): (error: unknown) => Proof {
  return (error) => ({
    name,
    wrong: [error instanceof Error ? error.message : String(error)],
    figures: {},
  })
}

function on(options: RigOptions, trial: (rig: Rig) => Promise<Proof>): () => Promise<Proof> {
  return async () => {
    const ends: (() => void)[] = []
    const alone = {
      passed: false,
      after: (end: () => void) => void ends.push(end),
      test: (_name: string, step: () => Promise<void>) => step(),
    }
    try {
      await using rig = await Rig.start(alone, options)
      const proof = await trial(rig)
      alone.passed = proof.wrong.length === 0
      return proof
    } finally {
      // Of a trial that went wrong, what the parts said last.
      for (const end of ends) end()
    }
  }
}

function told({ name, wrong, figures }: Proof, tookS: number): string {
  const lines = wrong.map((sentence) => `    wrong: ${sentence}\n`).join('')
  return `${wrong.length === 0 ? '✔' : '✖'} ${name} (${tookS} s)\n    ${JSON.stringify(figures)}\n${lines}`
}

function sweep(): void {
  spawnSync(process.execPath, [new URL('../rig/sweep.ts', import.meta.url).pathname])
}
