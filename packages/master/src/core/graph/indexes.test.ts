import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import { type Run, RunId } from '@roadstead/shared/protocol/run.ts'
import fc from 'fast-check'
import { exampleId } from '../examples.ts'
import { refile, type RunFile, writesOf } from '../runs/run-file.ts'
import { type DecisionChange, fold, foldAll } from './fold.ts'
import { emptyGraph, type Graph } from './graph.ts'

const host = HostId.parse('alpha')
const at = '2026-01-01T00:00:00.000Z'

/** A run of so many members that it is one record, or several parts. */
function runOf(name: number, members: number, lines: number): Run {
  return {
    id: RunId.parse(name.toString(16).padStart(16, '0')),
    verb: 'rollout',
    target: 'shop',
    by: 'me',
    why: '',
    since: at,
    atOnce: 1,
    state: 'running',
    members: Array.from({ length: members }, (_, number) => ({
      host,
      container: exampleId(number),
      path: `alpha/c${number}`,
      phase: number === 0 ? 'draining' : 'waiting',
    })),
    log: Array.from({ length: lines }, (_, line) => ({ at, text: `line ${line}` })),
  }
}

function drainOf(number: number): DecisionChange {
  const container = exampleId(number)
  const decision: Decision = { kind: 'drain', host, container, by: 'me', why: '', since: at }
  return { kind: 'decision', key: `d.drain.${host}.${container}`, decision }
}

const someDrain = fc.integer({ min: 1, max: 3 }).map((number) => [drainOf(number)])
const someRun = fc
  .record({
    name: fc.integer({ min: 1, max: 3 }),
    members: fc.constantFrom(1, 9),
    lines: fc.constantFrom(0, 19, 45, 70),
  })
  .map(({ lines, members, name }) => [...writesOf(runOf(name, members, lines), undefined)])
const freeze: Decision = { kind: 'freeze', hosts: [], since: at }
const other = fc.constant<DecisionChange[]>([
  { kind: 'decision', key: 'd.freeze.site', decision: freeze },
])
/** What is written, in part, or deleted again. */
const changes = fc
  .array(fc.tuple(fc.oneof(someDrain, someRun, other), fc.nat(8), fc.boolean()), { maxLength: 20 })
  .map((all) =>
    all.flatMap(([writes, first, isDeletion]) =>
      writes
        .slice(isDeletion ? first % writes.length : 0)
        .map((write): DecisionChange => (isDeletion ? { ...write, decision: undefined } : write)),
    ),
  )

test('runs and drains are found as if they were looked for among all decisions', () => {
  fc.assert(
    fc.property(changes, fc.boolean(), (inputs, isAtOnce) => {
      const graph = isAtOnce
        ? foldAll(emptyGraph, inputs).graph
        : inputs.reduce((before, input) => fold(before, input).graph, emptyGraph)
      assert.deepEqual(sorted(graph.drains), sorted(drainsAmong(graph)))
      assert.deepEqual(sorted(graph.runs), sorted(runsAmong(graph)))
    }),
    { numRuns: 200, seed: 11 },
  )
})

test('what changes no run and no drain leaves both indexes as they are', () => {
  const run = writesOf(runOf(1, 9, 3), undefined)
  const { graph } = foldAll(emptyGraph, [drainOf(1), ...run])
  const next = fold(graph, { kind: 'decision', key: 'd.freeze.site', decision: freeze }).graph
  assert.notEqual(next.decisions, graph.decisions)
  assert.equal(next.runs, graph.runs)
  assert.equal(next.drains, graph.drains)
})

/** From scratch: every decision is looked at. */
function drainsAmong({ decisions }: Graph) {
  return new Map([...decisions].filter(([, { kind }]) => kind === 'drain'))
}

function runsAmong({ decisions }: Graph) {
  const files = new Map<RunId, RunFile>()
  for (const decision of [...decisions.values()].toReversed()) {
    if (decision.kind !== 'run' && decision.kind !== 'run-members' && decision.kind !== 'run-log') {
      continue
    }
    const id = decision.kind === 'run' ? decision.run.id : decision.run
    const file = refile(files.get(id), undefined, decision)
    if (file !== undefined) files.set(id, file)
  }
  return files
}

function sorted<Key, Value>(map: ReadonlyMap<Key, Value>): unknown {
  return [...map]
    .map(([key, value]) => [String(key), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}
