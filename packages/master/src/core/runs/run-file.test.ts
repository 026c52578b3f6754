import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DecisionRecord } from '@roadstead/shared/protocol/decision.ts'
import type { Run } from '@roadstead/shared/protocol/run.ts'
import { allRuns, runAt } from './refs.ts'
import { isOfRun, refile, type RunFile, type RunWrite, writesOf } from './run-file.ts'
import { WorldOnTrial } from './world-on-trial.ts'

const MEMBERS = 60
const long = rollout(MEMBERS)

/** A long rollout, and every write of it. */
function rollout(members: number, dies: readonly number[] = []) {
  const world = new WorldOnTrial({ containers: members, edges: 1 })
  const writes: RunWrite[] = []
  const hear = world.hear.bind(world)
  world.hear = (input) => {
    if (input.kind === 'decision' && isOfRun(input.decision)) {
      writes.push({ ...input, decision: input.decision })
    }
    hear(input)
  }
  world.diesAfter = dies
  const { id } = world.begin({ verb: 'rollout', service: 'shop', atOnce: 1, why: '' })
  while (world.run(id).state === 'running') world.pass(250, 250)
  return { world, writes, run: world.run(id) }
}

const bytesOf = (writes: readonly RunWrite[]): number =>
  writes.reduce((sum, { decision }) => sum + (JSON.stringify(decision)?.length ?? 0), 0)

test('a step of a long run writes what changes, and never its list of members again', () => {
  const { run, writes } = long
  assert.equal(run.state, 'done')
  assert.equal(run.members.length, MEMBERS)
  const lists = writes.filter(({ decision }) => decision?.kind === 'run-members')
  assert.equal(lists.length, 1)
  const largest = Math.max(...writes.filter((it) => it !== lists[0]).map((it) => bytesOf([it])))
  assert.ok(largest < 3_500, `${largest} bytes`)
  assert.ok(bytesOf(writes) < 8_000 * MEMBERS, `${bytesOf(writes)} bytes`)
  for (const { decision } of writes) DecisionRecord.parse({ v: 1, epoch: 1, decision })
})

test('the log of a long run is whole, in order, and loses its beginning alone', () => {
  const { run } = long
  const numbers = run.log.flatMap(({ text }) => text.match(/\/c(\d+) /)?.[1] ?? [])
  assert.equal(run.log.length, 200)
  assert.deepEqual(
    numbers.map(Number),
    numbers.map(Number).toSorted((a, b) => a - b),
  )
  assert.match(run.log.at(-1)?.text ?? '', /alpha\/c60 serves again/)
})

test('whenever its leader dies, a long run goes on with all its members, each once', () => {
  for (const acts of [0, 1, 2, 3, 60, 61, 62, 63, 64, 65]) {
    const { run, world } = rollout(12, [acts])
    assert.equal(run.members.length, 12)
    const refs = world.restarts.map(({ ref }) => ref)
    assert.equal(new Set(refs).size, refs.length)
    assert.ok(run.state === 'done' || world.ordersLost > 0, JSON.stringify(run.log.at(-1)))
  }
})

test('a run whose list of members is missing is none, and is cleared away in the end', () => {
  const { world, run } = rollout(12)
  const { id } = run
  const file = world.graph.runs.get(id)
  assert.ok(file !== undefined)
  world.hear({ kind: 'decision', key: `d.run-members.${id}`, decision: undefined })
  assert.equal(runAt(world.graph, id), undefined)
  world.pass(500)
  assert.ok(world.graph.runs.has(id), 'it may come back')
  world.nowMs += 3_600_000
  world.pass(500)
  assert.equal(world.graph.runs.size, 0)
  assert.deepEqual(
    [...world.graph.decisions.keys()].filter((key) => key.startsWith('d.run')),
    [],
  )
})

test('a long run that ended is deleted with all its parts', () => {
  const { world } = rollout(12)
  world.nowMs += 25 * 3_600_000
  world.pass(500)
  assert.deepEqual(allRuns(world.graph), [])
  const keys = [...world.graph.decisions.keys()]
  assert.deepEqual(
    keys.filter((key) => key.startsWith('d.run')),
    [],
  )
})

test('what is read back is what was written, but for what nobody asks for any more', () => {
  const { run } = rollout(12)
  const before: Run = { ...run, state: 'running', log: run.log.slice(0, 30) }
  let file: RunFile | undefined
  for (const each of [before, run]) {
    for (const { decision } of writesOf(each, file)) file = refile(file, undefined, decision)
    assert.deepEqual(file?.run, each)
  }
})
