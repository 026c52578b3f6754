import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RunView } from '@roadstead/shared/protocol/http.ts'
import { markOfHost, markOfPhase, markOfReason, markOfRun } from './marks.ts'
import { inOrder, MEMBERS_MAX, membersShown, progressOf, RUNS_MAX, tookOf } from './runs.ts'
import { host } from './sample.ts'
import { select, textOf } from './select.ts'

const member = (at: number, phase: string) => ({
  host: 'h-alpha00000',
  container: String(at).padStart(64, '0'),
  path: `alpha/web-${at}`,
  phase,
})

const run = (at: number, more: object = {}) =>
  RunView.parse({
    id: String(at).padStart(16, '0'),
    verb: 'rollout',
    target: 'shop/web',
    by: 'admin',
    why: '',
    since: `2026-03-04T12:00:${String(at).padStart(2, '0')}.000Z`,
    atOnce: 1,
    state: 'done',
    members: [member(1, 'done'), member(2, 'waiting')],
    log: [],
    ...more,
  })

test('what is under way comes first, then the newest', () => {
  const runs = [run(1), run(2, { state: 'running' }), run(3)]

  assert.deepEqual(
    inOrder(runs).map(({ id }) => Number(id)),
    [2, 3, 1],
  )
})

test('a page shows the newest runs, and finds one by a container', () => {
  const many = Array.from({ length: 40 }, (_, at) => run(at))
  const other = run(50, { members: [member(77, 'done')] })

  assert.equal(select(many, '', textOf.runs, RUNS_MAX).rows.length, RUNS_MAX)
  assert.deepEqual(select([...many, other], 'web-77', textOf.runs).rows, [other])
})

test('of many containers those that something happens to are named', () => {
  const members = Array.from({ length: 50 }, (_, at) => member(at, at < 20 ? 'done' : 'waiting'))
  const busy = run(1, { members: [...members, member(98, 'draining'), member(99, 'failed')] })
  const { named, more } = membersShown(busy.members)

  assert.deepEqual(
    named.slice(0, 3).map(({ phase }) => phase),
    ['failed', 'draining', 'waiting'],
  )
  assert.equal(named.length + more, 52)
  assert.equal(named.length, MEMBERS_MAX)
})

test('progress and time are said in words', () => {
  const ended = run(0, { endedAt: '2026-03-04T12:00:02.340Z' })

  assert.equal(progressOf(ended), '1 of 2 containers done')
  assert.equal(progressOf(run(0, { members: [] })), '')
  assert.equal(tookOf(ended, 0), '2.3 s')
  assert.equal(tookOf(run(0), Date.parse('2026-03-04T12:01:30Z')), '90 s')
  assert.equal(tookOf(run(0), Date.parse('2026-03-04T12:10:00Z')), '10 min')
})

test('a drain is meant: it looks neither well nor wrong', () => {
  const drained = { by: 'admin', why: 'new kernel', since: '2026-03-04T12:00:00Z' }

  assert.equal(markOfHost(host('a', { drained })).word, 'Drained')
  assert.equal(markOfHost(host('a', { drained, presence: 'lost' })).word, 'Lost')
  assert.deepEqual(markOfReason('drained'), markOfHost(host('a', { drained })))
  assert.equal(markOfReason('flapping').word, 'Flapping')
  assert.equal(markOfRun({ state: 'failed' }).tone, 'bad')
  assert.equal(markOfPhase('left').word, 'Gone')
})
