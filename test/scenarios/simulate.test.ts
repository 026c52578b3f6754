/**
 * `roadstead simulate` as a person runs it: simulated hosts, real agents, masters, NATS, edge and nginx,
 * for a few seconds; and nothing of it is left when it is over.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { endRun } from '../rig/end-run.ts'
import { eventually } from '../rig/eventually.ts'
import { freePair, freePorts } from '../rig/free-ports.ts'
import { startCli } from '../rig/parts.ts'
import { holdersOf } from '../rig/proc.ts'
import { RunFolder } from '../rig/run-folder.ts'

const Figures = z.object({ n: z.number(), unseen: z.number(), p99: z.number() })
const Summary = z.object({
  actions: z.number(),
  convergence: Figures,
  byChange: z.array(Figures.extend({ deed: z.string() })),
  audit: z.object({ asked: z.number(), wrong: z.array(z.string()) }),
  load: z.array(z.object({ part: z.string(), residentMb: z.number() })),
})

test('a fleet changes, visitors notice, and at the end nothing of it is left', async () => {
  await using simulation = await begin('--rate', '10', '--for', '5s', '--seed', '4')
  const { code } = await simulation.running.finished
  assert.equal(code, 0, simulation.running.tail())

  const summary = simulation.summary()
  assert.ok(summary.actions >= 40, `${summary.actions} changes`)
  assert.ok(summary.convergence.n >= 20, `${summary.convergence.n} seen`)
  assert.ok(summary.byChange.some(({ deed }) => deed === 'restart'))
  assert.deepEqual(summary.audit, { asked: 18, wrong: [] })
  const parts = summary.load.filter(({ residentMb }) => residentMb > 0).map(({ part }) => part)
  for (const part of ['nginx', 'edge', 'master-1', 'master-2', 'nats', 'agents']) {
    assert.ok(parts.includes(part), `${part} is not in ${parts.join(', ')}`)
  }
  assert.deepEqual(holdersOf(simulation.folder.path), [])
})

test('what is broken at one host delays nobody else, and who interrupts it gets its summary', async () => {
  await using simulation = await begin('--rate', '10', '--faults', '--seed', '4')
  await eventually('something is broken', () => /hangs|cut off/.test(simulation.said()), {
    withinMs: 60_000,
  })
  process.kill(simulation.running.pid, 'SIGTERM')
  await simulation.running.finished

  const summary = simulation.summary()
  assert.ok(summary.convergence.p99 < 5_000, `${summary.convergence.p99} ms`)
  assert.deepEqual(summary.audit.wrong, [])
  assert.deepEqual(holdersOf(simulation.folder.path), [])
})

async function begin(...flags: readonly string[]) {
  const folder = new RunFolder()
  const state = folder.folder('state')
  const [http = 0, nats = 0] = await freePorts(2)
  const env = {
    ROADSTEAD_STATE_DIR: state,
    ROADSTEAD_HTTP_PORT: `${http}`,
    ROADSTEAD_NATS_PORT: `${nats}`,
    ROADSTEAD_API_PORT: `${await freePair()}`,
  }
  const words = ['simulate', '--hosts', '3', '--containers', '10', '-o', 'json', ...flags]
  const running = startCli(folder, 'simulation', words, env)
  const said = (): string => readFileSync(path.join(folder.path, 'simulation.log'), 'utf8')
  return {
    folder,
    running,
    said,
    summary: () => Summary.parse(JSON.parse(/^\{$.*^\}$/ms.exec(said())?.[0] ?? '')),
    [Symbol.asyncDispose]: () => endRun(folder.path),
  }
}
