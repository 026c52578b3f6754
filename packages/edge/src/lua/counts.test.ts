import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import { connect, createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { eventually, freePort, webServer } from '../testing/bench.ts'
import { LiveBench } from '../testing/live-bench.ts'

const stack = new AsyncDisposableStack()
let bench: LiveBench
let web = ''
/** Takes requests and never answers. */
let silent = ''
/** Takes a connection and hangs up when it is asked. */
let rude = ''
let dead = ''
let asked = 0

before(async () => {
  bench = stack.use(await LiveBench.start())
  web = `127.0.0.1:${stack.use(await webServer('web')).port}`
  const never = stack.use(await webServer('silent', () => (asked += 1)))
  silent = `127.0.0.1:${never.port}`
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', () => socket.destroy())
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  stack.defer(() => void server.close())
  const address = server.address()
  rude = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  dead = `127.0.0.1:${await freePort()}`
})
after(() => stack.disposeAsync())

const isCalm = async () =>
  (await bench.table.inFlight(undefined))?.size === 0 && (await bench.waiting('u_x')) === 0

const upgrade = { connection: 'Upgrade', upgrade: 'websocket' }
const ends = [
  { way: 'nobody accepts', service: () => dead, status: 502 },
  { way: 'the endpoint hangs up', service: () => rude, status: 502 },
  { way: 'each of three fails', service: () => `${dead} ${rude} r=5000`, status: 502 },
  { way: 'another one helps', service: () => `${dead},w=400 ${rude},w=200 ${web}`, status: 200 },
  { way: 'the endpoint is silent', service: () => `r=100 ${silent}`, status: 504 },
  { way: 'a silent one is followed by another', service: () => `r=50 ${silent} ${web}`, status: 0 },
  { way: 'nobody comes meanwhile', service: () => 'h=60', status: 503 },
  { way: 'an upgrade is not taken', service: () => web, status: 200, headers: upgrade },
  { way: 'an upgrade reaches nobody', service: () => dead, status: 502, headers: upgrade },
] as const

for (const { way, service, status, ...more } of ends) {
  test(`a request is counted out when ${way}`, async () => {
    await bench.have({ 'd:x.test': '^ / u_x', 's:u_x': service() })
    for (let round = 0; round < 4; round += 1) {
      const answer = await bench.get('x.test', '/', 'headers' in more ? more.headers : {})
      if (status !== 0) assert.equal(answer.status, status)
    }
    await eventually(isCalm)
  })
}

for (const service of ['h=5000', 'SILENT', 'r=5000 SILENT']) {
  test(`visitors who leave are counted out: ${service}`, async () => {
    const value = service.replace('SILENT', silent)
    await bench.have({ 'd:x.test': '^ / u_x', 's:u_x': value })
    const gone = Array.from({ length: 40 }, () => begin('x.test'))
    const under = async () =>
      ((await bench.table.inFlight(undefined))?.get(silent) ?? 0) + (await bench.waiting('u_x'))
    await eventually(async () => (await under()) === 40)
    for (const request of gone) request.destroy()
    await eventually(isCalm)
  })
}

test('asked for some endpoints, nginx tells of these alone', async () => {
  await bench.have({ 'd:x.test': '^ / u_x', 's:u_x': silent })
  const open = Array.from({ length: 20 }, () => begin('x.test'))
  const count = async (...peers: readonly string[]) => bench.table.inFlight(new Set(peers))
  await eventually(async () => (await count(web, silent, dead))?.get(silent) === 20)
  assert.deepEqual(await count(web, silent), new Map([[silent, 20]]))
  assert.deepEqual(await count(web), new Map())
  assert.deepEqual(await count(), new Map())
  const many = Array.from({ length: 2_000 }, (_, at) => `[2001:db8:1:2:3:4:5:${at}]:65535`)
  assert.deepEqual(await count(...many, silent), new Map([[silent, 20]]))
  for (const request of open) request.destroy()
  await eventually(async () => (await count(silent))?.size === 0)
})

test('a request that is tried again never reaches what has left the service meanwhile', async () => {
  await bench.have({ 'd:x.test': '^ / u_x', 's:u_x': `r=400 ${silent},w=400 ${web}` })
  const before = asked
  const answer = bench.get('x.test')
  await eventually(() => asked > before)
  await bench.put('s:u_x', '')
  assert.equal((await answer).status, 502)
  await bench.have({ 'd:x.test': '^ / u_x', 's:u_x': `r=400 ${silent},w=400 ${web}` })
  const second = asked
  const other = bench.get('x.test')
  await eventually(() => asked > second)
  await bench.put('s:u_x', undefined)
  assert.equal((await other).status, 502)
  await eventually(isCalm)
})

test('when counts do not fit into memory nobody is told that nothing is under way', async () => {
  await using small = await LiveBench.start({ flightKb: 32 })
  await using many = await webServer('many', () => undefined)
  const peers = Array.from({ length: 250 }, (_, at) => `127.0.${at}.1:${many.port}`)
  await everywhere(many)
  await small.have({ 'd:x.test': '^ / u_x', 's:u_x': peers.join(' ') })
  const open = Array.from({ length: 500 }, () => begin('x.test', small))
  await eventually(async () => (await small.table.inFlight(undefined)) === undefined)
  assert.equal(await small.table.inFlight(new Set([web])), undefined)
  for (const request of open) request.destroy()
  await eventually(async () => (await small.table.inFlight(undefined))?.size === 0)
})

test('names that were busy once make room for others, and each counts for itself', async () => {
  await using many = await webServer('many', (request, response) => {
    if (request.url !== '/wait') response.end()
  })
  await everywhere(many)
  await using fresh = await LiveBench.start()
  // Each of two workers meets more of them than may rest.
  const peers = Array.from(
    { length: 5_000 },
    (_, at) => `127.1.${at >> 8}.${at & 255}:${many.port}`,
  )
  await fresh.have({ 'd:x.test': '^ / u_x', 's:u_x': peers.join(' ') })
  const visits = Array.from({ length: 8 }, async () => {
    for (let count = 0; count < 625; count += 1) {
      assert.equal((await fresh.get('x.test')).status, 200)
    }
  })
  await Promise.all(visits)
  const open = Array.from({ length: 40 }, () => begin('x.test', fresh, '/wait'))
  const counted = async () => [...((await fresh.table.inFlight(undefined))?.values() ?? [])]
  const sum = async () => (await counted()).reduce((total, count) => total + count, 0)
  await eventually(async () => (await sum()) === 40)
  for (const request of open) request.destroy()
  await eventually(async () => (await counted()).length === 0)
})

test('names that visitors invent leave nothing in memory', async () => {
  await bench.have({ 'd:x.test': '^ / u_x', 's:u_x': web })
  await ask(2_000, 'warm')
  const before = await workerKb()
  await ask(20_000, 'invented')
  const grown = (await workerKb()) - before
  assert.ok(grown < 8_000, `${grown} KB more`)
})

/** nginx ends a connection after 1,000 requests. */
const ON_ONE_CONNECTION = 900

/** Asks for so many names, each of them once. */
async function ask(names: number, prefix: string): Promise<void> {
  const long = 'x'.repeat(60)
  for (let first = 0; first < names; first += ON_ONE_CONNECTION) {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const lines = Array.from({ length: ON_ONE_CONNECTION }, (_, at) => {
      const connection = at === ON_ONE_CONNECTION - 1 ? 'close' : 'keep-alive'
      const host = `${prefix}${first + at}.${long}.${long}.test`
      return `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: ${connection}\r\n\r\n`
    })
    let answers = 0
    const socket = connect(bench.port, '127.0.0.1', () => socket.write(lines.join('')))
    socket.setEncoding('latin1')
    socket.on('data', (part: string) => {
      answers += part.split('is routed for').length - 1
    })
    socket.on('close', () => resolve())
    socket.on('error', reject)
    await promise
    assert.ok(answers > ON_ONE_CONNECTION * 0.9, `${answers} answers`)
  }
}

async function workerKb(): Promise<number> {
  let sum = 0
  for (const pid of await bench.workers()) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    sum += Number(/^RssAnon:\s+([0-9]+) kB$/m.exec(status)?.[1] ?? 0)
  }
  return sum
}

/** Who listens to all addresses answers by all of 127.0.0.0/8. */
async function everywhere({ server, port }: Awaited<ReturnType<typeof webServer>>): Promise<void> {
  await new Promise<void>((closed) => void server.close(() => closed()))
  await new Promise<void>((done) => void server.listen(port, '0.0.0.0', done))
}

function begin(host: string, on = bench, path = '/'): http.ClientRequest {
  const where = { host: '127.0.0.1', port: on.port, path, agent: false, headers: { host } }
  return http.get(where).on('error', () => undefined)
}
