import assert from 'node:assert/strict'
import http from 'node:http'
import process from 'node:process'
import { after, before, test } from 'node:test'
import { eventually, webServer } from '../testing/bench.ts'
import { LiveBench, named } from '../testing/live-bench.ts'

const stack = new AsyncDisposableStack()
let bench: LiveBench
let peer = ''
let other = ''

before(async () => {
  bench = stack.use(await LiveBench.start())
  peer = `127.0.0.1:${stack.use(await webServer('one')).port}`
  other = `127.0.0.1:${stack.use(await webServer('other')).port}`
})
after(() => stack.disposeAsync())

const entries = (at: string) => ({ 'd:a.test': '^ / u_a', 's:u_a': at })
const by = async (on: LiveBench, host = 'a.test') => (await on.get(host)).headers['x-by']

test('a push is in force for every worker as soon as it is answered', async () => {
  await bench.have(entries(peer))
  for (let round = 0; round < 50; round += 1) {
    await bench.put('s:u_a', round % 2 === 0 ? other : peer)
    assert.equal(await by(bench), round % 2 === 0 ? 'other' : 'one')
  }
  await bench.put('d:a.test', undefined)
  assert.equal((await bench.get('a.test')).status, 404)
})

test('what was pushed has a name, and a push that builds on another one changes nothing', async () => {
  await bench.have(entries(peer))
  assert.equal(await bench.live(), bench.base)
  const steps = [{ kind: 'set', key: 's:u_a', value: other }] as const
  const pushed = await bench.table.push(steps, named('something else'), named('next'))
  assert.equal(pushed.kind, 'other-base')
  assert.equal(await bench.live(), bench.base)
  assert.equal(await by(bench), 'one')
})

test('a push that was cut short leaves no name, and only a whole one helps', async () => {
  await bench.have(entries(peer))
  const head = `tcut push ${bench.base} -`
  assert.equal(await send(bench, `${head}\n+s:u_a ${other}`), 200)
  assert.equal(await bench.live(), '')
  const next = await bench.table.push([], bench.base, named('next'))
  assert.equal(next.kind, 'other-base')
  await bench.have(entries(peer))
  assert.equal(await by(bench), 'one')
  // The rest of the first one comes too late.
  assert.equal(await send(bench, `tcut push - ${named('late')}\n+s:u_a ${other}`), 409)
  assert.equal(await by(bench), 'one')
})

test('visitors see the old entries until all new ones are there, and no request is lost', async () => {
  const many = (at: string) => {
    const domains = Array.from({ length: 3_000 }, (_, number) => [`d:x${number}.test`, '^ / u_a'])
    return new Map<string, string>([
      ...domains.map(([key = '', value = '']) => [key, value] as const),
      ...Object.entries(entries(at)),
    ])
  }
  await bench.haveAll(many(peer))
  let isOver = false
  const seen = new Set<string>()
  const visitors = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      const answer = await bench.get('x2999.test')
      seen.add(`${answer.status} ${String(answer.headers['x-by'])}`)
    }
  })
  for (let round = 0; round < 6; round += 1) await bench.haveAll(many(round % 2 ? peer : other))
  isOver = true
  await Promise.all(visitors)
  assert.deepEqual([...seen].sort(), ['200 one', '200 other'])
})

test('a full memory refuses, and what was there stays', async () => {
  await using small = await LiveBench.start({ tableKb: 64 })
  await small.have(entries(peer))
  const long = Array.from({ length: 3_000 }, (_, at) => `x${at}.test`)
  const steps = long.map((name) => ({ kind: 'set' as const, key: `d:${name}`, value: '^ / u_a' }))
  const few = await small.table.push(steps.slice(0, 500), small.base, named('next'))
  assert.equal(few.kind, 'refused')
  assert.equal(await small.live(), small.base)
  assert.equal((await small.get('x0.test')).status, 404)
  assert.equal(await by(small), 'one')
  const all = new Map(steps.map((step) => [step.key, step.value]))
  const whole = await small.table.replace(all, named('whole'))
  assert.ok(whole.kind === 'refused' && whole.detail.includes('memory'))
  assert.equal(await small.live(), small.base)
  assert.equal(await by(small), 'one')
  await small.have(entries(other))
  assert.equal(await by(small), 'other')
})

test('tables that follow one another at once find room, though the ones before are not cleared', async () => {
  await using small = await LiveBench.start({ tableKb: 128 })
  const long = Array.from({ length: 90 }, () => peer).join(' ')
  for (let round = 0; round < 12; round += 1) {
    // Few large entries and many small ones take turns: what one leaves does not fit for the other.
    const count = round % 4 < 2 ? 600 : 45
    const names = Array.from({ length: count }, (_, at) => `round${round}-${at}`)
    const domains = names.map((name) => [`d:${name}.test`, `^ / u_${name}`] as const)
    const services = names.map((name) => [`s:u_${name}`, long] as const)
    const last = `round${round}-${count - 1}`
    const entries = count === 45 ? services : domains
    const lead = [`d:lead.test`, `^ / u_${last}`] as const
    await small.haveAll(new Map([...entries, [`s:u_${last}`, peer], lead]))
    assert.equal(await by(small, 'lead.test'), 'one')
    assert.equal((await small.get(`round${round - 2}-0.test`)).status, 404)
  }
})

const fileOf = (at: string, count: number) =>
  `d:a.test ^ / u_a\ns:u_a ${at}\ns:u_empty \n# ${count} ${named('disk')}\n`

test('nginx starts with what is on disk, and keeps what was pushed over a reload', async () => {
  await using fresh = await LiveBench.start({ liveFile: fileOf(peer, 3) })
  assert.equal(await fresh.live(), named('disk'))
  assert.equal(await by(fresh), 'one')
  await fresh.have(entries(other))
  await reload(fresh)
  assert.equal(await fresh.live(), fresh.base)
  assert.equal(await by(fresh), 'other')
})

test('a file that is cut or counts wrong is not loaded', async () => {
  const whole = fileOf(peer, 3)
  for (const liveFile of [
    whole.slice(0, -1),
    whole.slice(0, 40),
    whole.slice(18),
    fileOf(peer, 4),
    'x',
    '',
  ]) {
    await using fresh = await LiveBench.start({ liveFile })
    assert.equal(await fresh.live(), '')
    assert.equal((await fresh.get('a.test')).status, 404)
  }
})

test('a request under way counts while its worker is leaving, and not when it was killed', async () => {
  await using slow = await webServer('slow', () => undefined)
  await using fresh = await LiveBench.start()
  const at = `127.0.0.1:${slow.port}`
  const count = async () => (await fresh.table.inFlight(undefined))?.get(at) ?? 0
  await fresh.have(entries(at))
  const first = begin(fresh)
  await eventually(async () => (await count()) === 1)
  await reload(fresh)
  const second = begin(fresh)
  await eventually(async () => (await count()) === 2)
  first.destroy()
  await eventually(async () => (await count()) === 1)
  for (const pid of await fresh.workers()) process.kill(pid, 'SIGKILL')
  await eventually(async () => (await count()) === 0)
  second.destroy()
  const third = begin(fresh)
  await eventually(async () => (await count()) === 1)
  third.destroy()
  await eventually(async () => (await count()) === 0)
})

test('visitors are asked to open a new connection while that is on', async () => {
  await bench.have(entries(peer))
  const connection = async () =>
    (await bench.get('a.test', '/', { connection: 'keep-alive' })).headers['connection']
  assert.equal(await connection(), 'keep-alive')
  assert.equal(await bench.table.setClosing(true), true)
  assert.equal(await connection(), 'close')
  assert.equal((await bench.get('unknown.test')).status, 404)
  assert.equal(await bench.table.setClosing(false), true)
  assert.equal(await connection(), 'keep-alive')
})

test('a nginx that is gone is unreachable', async () => {
  const gone = await LiveBench.start()
  await gone[Symbol.asyncDispose]()
  assert.equal((await gone.table.push([], '', named('x'))).kind, 'unreachable')
  assert.equal((await gone.table.replace(new Map(), named('x'))).kind, 'unreachable')
  assert.equal(await gone.table.inFlight(undefined), undefined)
  assert.equal(await gone.table.setClosing(true), false)
})

async function reload(on: LiveBench): Promise<void> {
  const before = await on.workers()
  assert.equal(on.nginx.reload(), true)
  await eventually(async () => (await on.workers()).some((pid) => !before.includes(pid)))
}

function begin(on: LiveBench): http.ClientRequest {
  const where = { host: '127.0.0.1', port: on.port, agent: false, headers: { host: 'a.test' } }
  return http.get(where).on('error', () => undefined)
}

/** One chunk as it is. */
async function send(on: LiveBench, body: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const where = { socketPath: `${on.folder}/control.sock`, path: '/entries', method: 'POST' }
  const headers = { host: 'x', 'content-length': Buffer.byteLength(body) }
  const request = http.request({ ...where, agent: false, headers }, (response) => {
    response.resume()
    response.on('end', () => resolve(response.statusCode ?? 0))
  })
  request.on('error', reject)
  request.end(body)
  return promise
}
