import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:net'
import http from 'node:http'
import { after, before, test } from 'node:test'
import { eventually, freePort, webServer } from '../testing/bench.ts'
import { LiveBench } from '../testing/live-bench.ts'

const stack = new AsyncDisposableStack()
const peers: string[] = []
let bench: LiveBench
/** Slow until it is told to answer. */
let release = () => {}
let waiting: Promise<void> = Promise.resolve()

before(async () => {
  bench = stack.use(await LiveBench.start())
  for (const name of ['0', '1', '2', '3', '4']) {
    const { port } = stack.use(await webServer(name, answerSlowly(name)))
    peers.push(`127.0.0.1:${port}`)
  }
})
after(() => stack.disposeAsync())

function answerSlowly(name: string): http.RequestListener {
  return (request, response) => {
    response.setHeader('x-by', name)
    const ready = request.url === '/slow' ? waiting : Promise.resolve()
    void ready.then(() => response.end(name))
  }
}

test('endpoints take turns, by weight', async () => {
  await bench.have({
    'd:even.test': '^ / u_even',
    's:u_even': peers.join(' '),
    'd:heavy.test': '^ / u_heavy',
    's:u_heavy': `${peers[0]},w=3 ${peers[1]}`,
  })
  assert.deepEqual(await counts('even.test', 100), { 0: 20, 1: 20, 2: 20, 3: 20, 4: 20 })
  assert.deepEqual(await counts('heavy.test', 80), { 0: 60, 1: 20 })
})

test('a change of another service leaves the turns of this one alone', async () => {
  await bench.have({ 'd:a.test': '^ / u_a', 's:u_a': `${peers[0]} ${peers[1]}` })
  const seen = new Map<string, number>()
  for (let round = 0; round < 40; round += 1) {
    await bench.put('s:u_other', `${peers[round % 5]}`)
    const by = String((await bench.get('a.test')).headers['x-by'])
    seen.set(by, (seen.get(by) ?? 0) + 1)
  }
  // Each worker keeps turns of its own: at most one apart for each of them.
  const workers = (await bench.workers()).length
  assert.ok(Math.abs((seen.get('0') ?? 0) - (seen.get('1') ?? 0)) <= workers)
})

test('a backup serves only when nobody else can', async () => {
  const dead = `127.0.0.1:${await freePort()}`
  await bench.have({
    'd:b.test': '^ / u_b',
    's:u_b': `${peers[0]} ${peers[1]},b`,
    'd:c.test': '^ / u_c',
    's:u_c': `${dead} ${peers[1]},b`,
    'd:d.test': '^ / u_d',
    's:u_d': `${peers[1]},b`,
  })
  assert.deepEqual(await counts('b.test', 20), { 0: 20 })
  assert.deepEqual(await counts('c.test', 20), { 1: 20 })
  assert.deepEqual(await counts('d.test', 20), { 1: 20 })
})

test('an address always meets the same endpoint, and moves only when that one goes', async () => {
  await bench.have({ 'd:s.test': '^ / u_s', 's:u_s': `b=ip ${peers.join(' ')}` })
  const sticky = await byAddress('s.test')
  assert.deepEqual(await byAddress('s.test'), sticky)
  assert.equal(new Set(sticky.values()).size, 5)
  await bench.put('s:u_s', `b=ip ${peers.filter((_, at) => at !== 2).join(' ')}`)
  for (const [address, by] of await byAddress('s.test')) {
    if (sticky.get(address) !== '2') assert.equal(by, sticky.get(address))
    assert.notEqual(by, '2')
  }
})

test('with least connections a request avoids whoever is busy, over all workers', async () => {
  await bench.have({ 'd:l.test': '^ / u_l', 's:u_l': `b=lc ${peers.slice(0, 3).join(' ')}` })
  hold()
  const slow: Promise<unknown>[] = []
  // Two workers that choose at the same moment do not see each other's choice.
  for (let sent = 1; sent <= 6; sent += 1) {
    slow.push(bench.get('l.test', '/slow'))
    await eventually(async () => sum(await bench.table.inFlight(undefined)) === sent)
  }
  assert.deepEqual(
    [...((await bench.table.inFlight(undefined)) ?? [])].map(([, count]) => count),
    [2, 2, 2],
  )
  release()
  await Promise.all(slow)
  await eventually(async () => (await bench.table.inFlight(undefined))?.size === 0)
})

test('an endpoint that refuses costs nothing while another one serves', async () => {
  const dead = `127.0.0.1:${await freePort()}`
  await bench.have({ 'd:r.test': '^ / u_r', 's:u_r': `${dead},w=5 ${peers[0]}` })
  assert.deepEqual(await counts('r.test', 40), { 0: 40 })
  assert.equal((await bench.table.inFlight(undefined))?.size, 0)
})

test('a POST that has been sent is not sent again, one that could not be sent is', async () => {
  let arrived = 0
  const breaks = await tcpServer((text) => {
    if (text.startsWith('POST')) arrived += 1
  })
  const dead = `127.0.0.1:${await freePort()}`
  await bench.have({
    'd:p.test': '^ / u_p',
    's:u_p': `127.0.0.1:${breaks.port},w=400 ${peers[0]}`,
    'd:q.test': '^ / u_q',
    's:u_q': `${dead},w=400 ${peers[0]}`,
  })
  assert.equal(await post('p.test'), 502)
  assert.equal(arrived, 1)
  assert.equal((await bench.get('p.test')).status, 200)
  assert.equal(await post('q.test'), 200)
})

test('a service has its own patience', async () => {
  await bench.have({ 'd:t.test': '^ / u_t', 's:u_t': `r=200 ${peers[0]}` })
  hold()
  const begun = performance.now()
  assert.equal((await bench.get('t.test', '/slow')).status, 504)
  assert.ok(performance.now() - begun < 10_000)
  release()
})

function hold(): void {
  const { promise, resolve } = Promise.withResolvers<void>()
  waiting = promise
  release = resolve
}

async function counts(host: string, requests: number): Promise<Record<string, number>> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const seen: Record<string, number> = {}
  for (let count = 0; count < requests; count += 1) {
    const by = await ask(host, { agent })
    seen[by] = (seen[by] ?? 0) + 1
  }
  agent.destroy()
  return seen
}

async function byAddress(host: string): Promise<ReadonlyMap<string, string>> {
  const seen = new Map<string, string>()
  for (let last = 2; last < 42; last += 1) {
    const localAddress = `127.0.0.${last}`
    seen.set(localAddress, await ask(host, { localAddress, agent: false }))
  }
  return seen
}

function ask(host: string, options: http.RequestOptions): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const where = { host: '127.0.0.1', port: bench.port, headers: { host }, ...options }
  const request = http.get(where, (response) => {
    response.resume()
    response.on('end', () => resolve(String(response.headers['x-by'] ?? response.statusCode)))
  })
  request.on('error', reject)
  return promise
}

function post(host: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const where = { host: '127.0.0.1', port: bench.port, method: 'POST', agent: false }
  const request = http.request({ ...where, headers: { host } }, (response) => {
    response.resume()
    response.on('end', () => resolve(response.statusCode ?? 0))
  })
  request.on('error', reject)
  request.end('once')
  return promise
}

/** Takes a request and hangs up. */
async function tcpServer(heard: (text: string) => void): Promise<{ readonly port: number }> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      heard(bytes.toString('latin1'))
      socket.destroy()
    })
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  stack.defer(() => void server.close())
  const address = server.address()
  return { port: typeof address === 'object' && address !== null ? address.port : 0 }
}

function sum(counted: ReadonlyMap<string, number> | undefined): number {
  return [...(counted?.values() ?? [])].reduce((total, count) => total + count, 0)
}
