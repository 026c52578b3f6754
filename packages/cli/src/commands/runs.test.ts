import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../testing/eventually.ts'
import { fakeMaster } from '../testing/fake-master.ts'
import { endOf, roadstead, startRoadstead } from '../testing/roadstead.ts'
import { redrawable } from '../print/redraw.ts'
import { newEntries } from '../core/views/run-progress.ts'
import { containers, hosts } from './golden.fixtures.ts'
import { drained, failed, running } from './golden.runs.ts'

const done = { ...running, state: 'done' as const, endedAt: '2026-03-04T12:00:42.000Z' }
const RUN = `GET /api/v1/runs/${running.id}`
const inventory = { 'GET /api/v1/hosts': { body: { items: hosts, total: hosts.length } } }

test('a rollout is followed line by line to its end, each line once', async () => {
  const early = { ...running, log: running.log.slice(0, 1) }
  await using master = await fakeMaster({
    'POST /api/v1/rollout': { status: 202, body: early },
    [RUN]: { body: early, later: [running, running, done] },
  })

  const rollout = ['rollout', 'shop/web', '--at-once', '2', '--why', 'new configuration']
  const { code, err, out } = await roadstead([...rollout, '--server', master.url])

  assert.equal(code, 0, err)
  assert.equal(out.split('\n').length - 1, running.log.length + 1)
  assert.equal(out.match(/shop-web-1 serves again/g)?.length, 1)
  assert.match(out, /✓ shop\/web was rolled out \(3 containers, 62s\)\n$/)
  assert.deepEqual(master.requests[0], {
    line: 'POST /api/v1/rollout',
    authorization: undefined,
    body: { service: 'shop/web', atOnce: 2, why: 'new configuration' },
  })
})

test('a run that fails says what is left untouched and how to go on, by its own exit code', async () => {
  await using master = await fakeMaster({
    'POST /api/v1/rollout': { status: 202, body: running },
    [RUN]: { body: { ...failed, id: running.id } },
  })

  const { code, out } = await roadstead(['rollout', 'shop/web', '--server', master.url])

  assert.equal(code, 8)
  assert.match(out, /failed: alpha\/shop-web-2\n/)
  assert.match(
    out,
    /left untouched: alpha\/shop-web-3\n→ .*go on with: roadstead rollout shop\/web/,
  )
})

test('whoever does not wait gets the id of the run alone', async () => {
  await using master = await fakeMaster({ 'POST /api/v1/restart': { status: 202, body: running } })
  const restart = ['restart', 'shop-web-1', '--no-wait', '--server', master.url]

  const { code, err, out } = await roadstead(restart)
  const json = await roadstead([...restart, '-o', 'json'])

  assert.equal(code, 0, err)
  assert.equal(out, `${running.id}\n`)
  assert.match(err, /to see how: roadstead runs 00aa11bb22cc33dd/)
  assert.deepEqual(JSON.parse(json.out), JSON.parse(JSON.stringify(running)))
})

test('Ctrl-C leaves the run going, and says so', async () => {
  await using master = await fakeMaster({
    'POST /api/v1/rollout': { status: 202, body: running },
    [RUN]: { body: running },
  })

  const child = startRoadstead(['rollout', 'shop/web', '--server', master.url])
  const ended = endOf(child)
  await new Promise((resolve) => child.stdout.once('data', resolve))
  child.kill('SIGINT')
  const { code, err } = await ended

  assert.equal(code, 130)
  assert.match(err, /the run goes on without you; to see how: roadstead runs 00aa11bb22cc33dd/)
})

test('a standby is not the end of it: the leader that it names is asked, and then followed', async () => {
  await using leader = await fakeMaster({
    'POST /api/v1/restart': { status: 202, body: running },
    [RUN]: { body: done },
  })
  const body = { ...PROBLEM, code: 'not-leader', status: 409 }
  await using standby = await fakeMaster({
    'POST /api/v1/restart': { status: 409, body },
    'GET /api/v1/leader': { body: { ...LEADER, url: leader.url } },
  })

  const { code, err } = await roadstead(['restart', 'shop-web-1', '--server', standby.url])

  assert.equal(code, 0, err)
  assert.deepEqual(
    leader.requests.map(({ line }) => line),
    ['POST /api/v1/restart', RUN],
  )
})

test('while leaders change nobody knows the run: that passes', async () => {
  await using master = await fakeMaster({
    'POST /api/v1/restart': { status: 202, body: running },
    [RUN]: { status: 503, body: { ...PROBLEM, code: 'bus-unreachable', status: 503 } },
  })

  const child = startRoadstead(['restart', 'shop-web-1', '--server', master.url])
  const ended = endOf(child)
  await eventually(() => (master.requests.length >= 4 ? true : undefined))
  master.answer(RUN, { body: done })

  assert.equal((await ended).code, 0)
})

test('a name is a container’s or a host’s; of both, nothing is guessed', async () => {
  const container = { ...containers[0], path: 'alpha/alpha' }
  const answers = { ...inventory, 'POST /api/v1/drain': { status: 202, body: drained } }
  await using host = await fakeMaster(answers)
  await using both = await fakeMaster({
    ...answers,
    'GET /api/v1/containers/alpha': { body: container },
  })

  const meant = await roadstead(['drain', 'alpha', '--why', 'kernel', '--server', host.url])
  await roadstead(['drain', 'shop-web-1', '--server', host.url])
  const unclear = await roadstead(['drain', 'alpha', '--server', both.url])
  const said = await roadstead(['drain', 'alpha', '--host', '--server', both.url])
  const path = await roadstead(['drain', 'alpha/alpha', '--server', both.url])

  assert.deepEqual(
    [meant, unclear, said, path].map(({ code }) => code),
    [0, 2, 0, 0],
  )
  assert.match(unclear.err, /a host and a container: add --host.*HOST\/alpha/)
  const bodies = [...host.requests, ...both.requests].flatMap(({ body }) => body ?? [])
  assert.deepEqual(bodies, [
    { host: 'alpha', why: 'kernel' },
    { container: 'shop-web-1', why: '' },
    { host: 'alpha', why: '' },
    { container: 'alpha/alpha', why: '' },
  ])
})

test('runs are listed, and one is found by the beginning of its id', async () => {
  const body = { items: [running, failed], total: 2 }
  await using master = await fakeMaster({ 'GET /api/v1/runs': { body }, [RUN]: { body: failed } })
  const at = ['--server', master.url]

  const list = await roadstead(['runs', ...at])
  const one = await roadstead(['runs', '11aa', ...at])
  const none = await roadstead(['runs', 'ffff', ...at])
  const followed = await roadstead(['runs', running.id, '--watch', ...at])

  assert.match(list.out, /^RUN +VERB.*\n00aa11bb22cc33dd .*running.*\n11aa11bb22cc33dd .*failed/)
  assert.match(one.out, /^run +rollout of shop\/web/)
  assert.deepEqual(
    [list, one, none, followed].map(({ code }) => code),
    [0, 0, 3, 8],
  )
})

test('usage that cannot be meant never reaches a master', async () => {
  await using master = await fakeMaster({})

  const { code, err } = await roadstead([
    'rollout',
    'web',
    '--at-once',
    '0',
    '--server',
    master.url,
  ])

  assert.equal(code, 2)
  assert.match(err, /--at-once: must be a number from 1 to 100/)
  assert.equal(master.requests.length, 0)
})

test('a terminal wipes out what it replaces, and a pipe never shows it', () => {
  const drawn = (terminal: boolean): string => {
    let text = ''
    const block = redrawable({ terminal, write: (more) => void (text += more) })
    block.draw('one\n', 'a\nb\n')
    block.draw('', 'c\n')
    block.draw('two\n', '')
    return text
  }

  assert.equal(drawn(false), 'one\ntwo\n')
  assert.equal(drawn(true), 'one\na\nb\n\u001b[2A\u001b[0Jc\n\u001b[1A\u001b[0Jtwo\n')
})

test('a log that has lost its oldest entries is not told again', () => {
  const log = ['a', 'b', 'c', 'd'].map((text) => ({ at: '2026-03-04T11:59:40Z', text }))

  assert.deepEqual(newEntries(log[1], log.slice(1)), log.slice(2))
  assert.deepEqual(newEntries(undefined, log), log)
  assert.deepEqual(newEntries(log[3], log), [])
})

const PROBLEM = { type: 'about:blank', title: 't', detail: 'd', hint: 'h', instance: 'i' }
const LEADER = { epoch: 4, instance: 'i2', pid: 1, host: 'alpha', since: '2026-03-04T11:45:00Z' }
