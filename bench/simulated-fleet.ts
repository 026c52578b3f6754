/**
 * 100 hosts with 50 containers each, of which twenty a second change, for ten minutes: how long until a
 * visitor notices each change, and what everybody takes of the machine. `roadstead simulate` does it;
 * engines are simulated, with programs that really listen, and all the rest is real.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import os from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { endRun } from '../test/rig/end-run.ts'
import { freePair, freePorts } from '../test/rig/free-ports.ts'
import { machine } from '../test/rig/machine.ts'
import { ROOT } from '../test/rig/parts.ts'
import type { EdgeTier } from '../test/rig/rig.ts'
import { RunFolder } from '../test/rig/run-folder.ts'
import { type BenchOptions, type BenchResult, inTier } from './bench.ts'

const HOSTS = 100
const CONTAINERS = 50
const PER_SECOND = 20
/** Ten minutes of changes. */
const SAMPLES = 12_000
const SEED = 1

const Figures = z.looseObject({ n: z.int(), p50: z.number(), p90: z.number(), p99: z.number() })
const Summary = z.looseObject({ convergence: Figures })

export async function run({
  samples = SAMPLES,
  tiers,
}: BenchOptions): Promise<readonly BenchResult[]> {
  const results: BenchResult[] = []
  for (const tier of tiers) results.push(inTier(tier, await fleet(tier, samples)))
  return results
}

async function fleet(tier: EdgeTier, samples: number): Promise<BenchResult> {
  const folder = new RunFolder()
  await using _end = { [Symbol.asyncDispose]: () => endRun(folder.path) }
  const [http = 0, nats = 0] = await freePorts(2)
  const [loadBefore = 0] = os.loadavg()
  const sizes = ['--hosts', HOSTS, '--containers', CONTAINERS, '--rate', PER_SECOND]
  const span = ['--for', `${Math.ceil(samples / PER_SECOND)}s`, '--seed', SEED, '-o', 'json']
  const main = path.join(ROOT, 'packages/cli/src/main.ts')
  const running = spawn(process.execPath, [main, 'simulate', ...sizes, ...span].map(String), {
    env: {
      PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
      ROADSTEAD_STATE_DIR: folder.folder('state'),
      ROADSTEAD_HTTP_PORT: `${http}`,
      ROADSTEAD_NATS_PORT: `${nats}`,
      ROADSTEAD_API_PORT: `${await freePair()}`,
      ...(tier === 'reload' && { ROADSTEAD_TIER: 'reload' }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(running, 'exit')
  const said = await text(running.stdout)
  await ended
  if (running.exitCode !== 0) throw new Error(`simulate ended with ${running.exitCode}: ${said}`)
  const summary = Summary.parse(JSON.parse(said))
  const { n, p50, p90, p99 } = summary.convergence
  const unit = { unit: 'ms', n, p50, p90, p99, machine: machine() }
  return {
    name: 'fleet: event to noticed by a visitor',
    ...unit,
    extra: { loadBefore, ...summary },
  }
}
