import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Run, RunId } from '@roadstead/shared/protocol/run.ts'
import { exampleId } from '../examples.ts'
import { HOST } from './edge-on-trial.ts'
import { WorldOnTrial } from './world-on-trial.ts'

const lines = ({ log }: Run): string => log.map(({ text }) => text).join('\n')

test('a drained container is out of routing, and the run ends when every edge is quiet', () => {
  const world = new WorldOnTrial()
  const { id } = world.begin({ verb: 'drain', container: 'alpha/c1', why: 'disk' })
  world.pass(100)
  assert.equal(world.run(id).state, 'running')
  assert.equal(world.serving, 2)
  world.pass(400)
  assert.equal(world.run(id).state, 'done')
  world.pass(60_000, 1_000)
  assert.equal(world.serving, 2, 'nobody but a person takes it back')

  const back = world.begin({ verb: 'undrain', container: 'c1', why: '' })
  world.pass(100)
  assert.equal(world.run(back.id).state, 'done')
  assert.equal(world.serving, 3)
})

test('an edge that is never quiet is named when the limit is reached', () => {
  const world = new WorldOnTrial({ quietAfterMs: undefined, edges: 1 })
  const { id } = world.begin({ verb: 'drain', container: 'c1', why: '' })
  world.pass(19_000, 250)
  assert.equal(world.run(id).state, 'running')
  world.pass(1_500, 250)
  assert.equal(world.run(id).state, 'failed')
  assert.match(lines(world.run(id)), /waiting for edge e0\n.*edge e0 is not quiet yet/)
  assert.match(world.run(id).remedy ?? '', /roadstead undrain alpha\/c1/)
  assert.equal(world.serving, 2, 'it stays out')
})

test('a host is drained as a whole, and comes back as a whole', () => {
  const world = new WorldOnTrial()
  const { id, members } = world.begin({ verb: 'drain', host: 'alpha', why: 'kernel' })
  assert.equal(members.length, 3)
  world.pass(1_000)
  assert.equal(world.run(id).state, 'done')
  assert.equal(world.serving, 0)
  const refused = world.ask({ verb: 'undrain', container: 'c1', why: '' })
  assert.equal(refused.kind === 'refused' && refused.code, 'bad-input')
  const back = world.begin({ verb: 'undrain', host: 'alpha', why: '' })
  world.pass(100)
  assert.equal(world.run(back.id).state, 'done')
  assert.equal(world.serving, 3)
})

test('a restart takes out, waits for quiet, restarts once, and puts back what is ready', () => {
  const world = new WorldOnTrial()
  const { id } = world.begin({ verb: 'restart', container: 'c2', why: '' })
  world.pass(3_000)
  assert.equal(world.run(id).state, 'done', lines(world.run(id)))
  assert.equal(world.restarts.length, 1)
  assert.ok(world.restarts[0]?.isOut)
  assert.ok((world.restarts[0]?.atMs ?? 0) >= 1_250)
  assert.equal(world.serving, 3)
  assert.equal(world.servingMin, 2)
})

test('a container may ask for a rest before it is touched', () => {
  const labels = { 'roadstead.host': 'shop.example.com', 'roadstead.drain': '5s' }
  const world = new WorldOnTrial({ containers: 1 }, { labels })
  const { id } = world.begin({ verb: 'restart', container: 'c1', why: '' })
  world.pass(10_000)
  assert.equal(world.run(id).state, 'done')
  assert.ok((world.restarts[0]?.atMs ?? 0) >= 6_000)
  assert.match(lines(world.run(id)), /the only one/)
})

test('who is drained by a person is restarted and stays drained', () => {
  const world = new WorldOnTrial()
  world.begin({ verb: 'drain', container: 'c1', why: '' })
  world.pass(1_000)
  const { id } = world.begin({ verb: 'restart', container: 'c1', why: '' })
  world.pass(3_000)
  assert.equal(world.run(id).state, 'done')
  assert.match(lines(world.run(id)), /gets no requests: drained/)
  assert.equal(world.serving, 2)
})

test('a rollout restarts one after another and keeps all others serving', () => {
  const world = new WorldOnTrial()
  const { id } = world.begin({ verb: 'rollout', service: 'shop', atOnce: 1, why: '' })
  world.pass(10_000)
  assert.equal(world.run(id).state, 'done', lines(world.run(id)))
  assert.equal(world.restarts.length, 3)
  assert.equal(world.servingMin, 2)
})

test('a rollout stops at the first failure, leaves the rest alone and says how to go on', () => {
  const world = new WorldOnTrial({ readyMs: undefined })
  const { id } = world.begin({ verb: 'rollout', service: 'shop', atOnce: 1, why: '' })
  world.pass(130_000, 500)
  const run = world.run(id)
  assert.equal(run.state, 'failed')
  assert.deepEqual(
    run.members.map(({ phase }) => phase),
    ['failed', 'waiting', 'waiting'],
  )
  assert.match(run.remedy ?? '', /explain alpha\/c1.*2 containers were not touched.*rollout shop/)
  assert.equal([...world.graph.decisions.values()].filter(({ kind }) => kind === 'drain').length, 0)
})

test('what an agent refuses fails by its reason, and the container serves on', () => {
  const reply = { kind: 'refused', id: '', reason: 'unknown-signer' } as const
  const world = new WorldOnTrial({ restartMs: undefined, reply })
  const { id } = world.begin({ verb: 'restart', container: 'c1', why: '' })
  world.pass(2_000)
  assert.equal(world.run(id).state, 'failed')
  assert.match(lines(world.run(id)), /refused the command \(unknown-signer\)/)
  assert.equal(world.serving, 3)
})

test('a second run for a container is refused by the name of the first; undrain ends a drain', () => {
  const world = new WorldOnTrial({ quietAfterMs: undefined })
  const { id } = world.begin({ verb: 'drain', container: 'c1', why: '' })
  world.pass(100)
  const second = world.ask({ verb: 'restart', container: 'c1', why: '' })
  assert.equal(second.kind, 'refused')
  assert.deepEqual(second.kind === 'refused' && [second.code, second.facts['run']], [
    'run-under-way',
    id,
  ])
  world.begin({ verb: 'undrain', container: 'c1', why: '' })
  world.pass(100)
  assert.equal(world.run(id).state, 'cancelled')
  assert.equal(world.serving, 3)
})

test('names that fit nobody or several are refused', () => {
  const world = new WorldOnTrial()
  const codeOf = (container: string) => {
    const answer = world.ask({ verb: 'restart', container, why: '' })
    return answer.kind === 'refused' ? answer.code : 'begun'
  }
  assert.equal(codeOf('nobody'), 'not-found')
  assert.equal(codeOf('0000'), 'ambiguous-name')
  assert.equal(codeOf('c1'), 'begun')
})

test('a leader that finds a command of another one waits for its effect and sends none', () => {
  const world = new WorldOnTrial({ restartMs: 2_000 })
  const { id } = world.begin({ verb: 'restart', container: 'c1', why: '' })
  world.pass(500)
  assert.equal(world.run(id).members[0]?.phase, 'acting')
  world.changeLeader()
  world.pass(5_000)
  assert.equal(world.run(id).state, 'done', lines(world.run(id)))
  assert.equal(world.restarts.length, 1)

  const lost = new WorldOnTrial({ restartMs: undefined, reply: undefined })
  const second = lost.begin({ verb: 'restart', container: 'c1', why: '' })
  lost.pass(500)
  lost.changeLeader()
  lost.pass(46_000, 250)
  assert.match(lines(lost.run(second.id)), /not known to have been restarted/)
})

test('a command that its leader was held up with hits a container that is still out', () => {
  const world = new WorldOnTrial({ restartMs: 30_000, reply: undefined })
  const { id } = world.begin({ verb: 'restart', container: 'c1', why: '' })
  world.pass(1_000)
  world.changeLeader()
  world.pass(29_000, 250)
  assert.equal(world.serving, 2, 'an agent may still obey it')
  world.pass(3_000)
  assert.equal(world.run(id).state, 'done')
  assert.equal(world.serving, 3)
})

test('two members of one service are restarted one after the other, by whatever run', () => {
  const world = new WorldOnTrial({ containers: 2 })
  const runs = ['c1', 'c2'].map((container) => world.begin({ verb: 'restart', container, why: '' }))
  world.pass(6_000)
  for (const { id } of runs) assert.equal(world.run(id).state, 'done', lines(world.run(id)))
  assert.equal(world.restarts.length, 2)
  assert.equal(world.servingMin, 1)
  const told = runs.map(({ id }) => lines(world.run(id))).join()
  assert.match(told, /waits until alpha\/c\d is replaced/)
})

test('a hundred runs of people are under way at once, and no more', () => {
  const world = new WorldOnTrial({ containers: 101, edges: 0, quietAfterMs: undefined })
  for (let number = 1; number <= 100; number += 1) {
    world.begin({ verb: 'drain', container: `alpha/c${number}`, why: '' })
  }
  const refused = world.ask({ verb: 'drain', container: 'alpha/c101', why: '' })
  assert.ok(refused.kind === 'refused')
  assert.deepEqual([refused.code, refused.facts['atMost']], ['run-under-way', 100])
})

test('runs that ended are kept for a day, a hundred at most', () => {
  const world = new WorldOnTrial()
  for (let count = 0; count < 60; count += 1) {
    world.begin({ verb: 'drain', container: 'c1', why: '' })
    world.pass(600, 100)
    world.begin({ verb: 'undrain', container: 'c1', why: '' })
    world.pass(200, 100)
  }
  const kept = () => [...world.graph.decisions.values()].filter(({ kind }) => kind === 'run').length
  assert.equal(kept(), 100)
  world.nowMs += 25 * 3_600_000
  world.pass(500, 100)
  assert.equal(kept(), 0)
})

test('a drain whose run is over is taken back; one of a person stays as long as its container', () => {
  const world = new WorldOnTrial()
  const drain = { kind: 'drain', host: HOST, by: 'me', why: '', since: '' } as const
  const write = (number: number, run?: string): void => {
    const container = exampleId(number)
    const decision = { ...drain, container, ...(run !== undefined && { run: RunId.parse(run) }) }
    world.hear({ kind: 'decision', key: `d.drain.${HOST}.${container}`, decision })
  }
  write(1)
  write(2, 'ffffffffffffffff')
  write(3)
  world.pass(100)
  const left = () =>
    [...world.graph.decisions.keys()].map((key) => Number.parseInt(key.slice(-2), 16))
  assert.deepEqual(left(), [1, 3])
  world.gone(3)
  world.pass(100)
  assert.deepEqual(left(), [1])
})
