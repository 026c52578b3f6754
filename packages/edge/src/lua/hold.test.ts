import assert from 'node:assert/strict'
import http from 'node:http'
import { after, before, test } from 'node:test'
import { type Answer, eventually, webServer } from '../testing/bench.ts'
import { LiveBench } from '../testing/live-bench.ts'

const stack = new AsyncDisposableStack()
let bench: LiveBench
let peer = ''

before(async () => {
  bench = stack.use(await LiveBench.start())
  peer = `127.0.0.1:${stack.use(await webServer('late')).port}`
})
after(() => stack.disposeAsync())

test('a request waits for an endpoint, and is served when there is one', async () => {
  await bench.have({ 'd:h.test': '^ / u_h', 's:u_h': 'h=20000' })
  const begun = performance.now()
  const asked = [bench.get('h.test'), bench.get('h.test'), post('h.test', 'body')]
  await eventually(async () => (await bench.waiting('u_h')) === 3)
  assert.equal(await bench.table.waiting(), 3)
  await bench.put('s:u_h', `h=20000 ${peer}`)
  for (const answer of await Promise.all(asked)) {
    assert.deepEqual([answer.status, answer.headers['x-by']], [200, 'late'])
  }
  // Long before the end of their patience.
  assert.ok(performance.now() - begun < 10_000)
})

test('it does not wait longer than the service says', async () => {
  await bench.have({ 'd:h.test': '^ / u_h', 's:u_h': 'h=300' })
  const begun = performance.now()
  const { status, headers } = await bench.get('h.test')
  assert.deepEqual(
    [status, headers['retry-after'], headers['cache-control']],
    [503, '2', 'no-store'],
  )
  const took = performance.now() - begun
  assert.ok(took >= 280 && took < 5_000, `${took} ms`)
})

test('at most 200 wait for one service; whoever comes later hears it at once', async () => {
  await bench.have({ 'd:h.test': '^ / u_h', 's:u_h': 'h=8000' })
  const asked = Array.from({ length: 230 }, () => bench.get('h.test'))
  let refused = 0
  for (const answer of asked) void answer.then(({ status }) => (refused += status === 503 ? 1 : 0))
  await eventually(async () => refused >= 30 && (await bench.waiting('u_h')) === 230 - refused)
  // Workers that let in the last ones at the same moment may each refuse one.
  assert.ok(refused <= 30 + (await bench.workers()).length, `${refused} refused`)
  await bench.put('s:u_h', `h=8000 ${peer}`)
  const served = (await Promise.all(asked)).filter(({ status }) => status === 200)
  assert.equal(served.length, 230 - refused)
})

test('who goes away makes room', async () => {
  await bench.have({ 'd:h.test': '^ / u_h', 's:u_h': 'h=8000' })
  for (let round = 0; round < 3; round += 1) {
    const gone = Array.from({ length: 190 }, () => begin('h.test'))
    await eventually(async () => (await bench.waiting('u_h')) === 190)
    for (const request of gone) request.destroy()
    await eventually(async () => (await bench.waiting('u_h')) === 0)
  }
  const asked = Array.from({ length: 190 }, () => bench.get('h.test'))
  await eventually(async () => (await bench.waiting('u_h')) === 190)
  await bench.put('s:u_h', `h=8000 ${peer}`)
  const served = (await Promise.all(asked)).filter(({ status }) => status === 200)
  assert.equal(served.length, 190)
  assert.equal(await bench.waiting('u_h'), 0)
})

test('those who wait while their worker is replaced are served, and nobody stays counted', async () => {
  await bench.have({ 'd:h.test': '^ / u_h', 's:u_h': 'h=8000' })
  const before = await bench.workers()
  const asked = Array.from({ length: 20 }, () => bench.get('h.test'))
  await eventually(async () => (await bench.waiting('u_h')) === 20)
  assert.equal(bench.nginx.reload(), true)
  await eventually(async () => (await bench.workers()).some((pid) => !before.includes(pid)))
  assert.equal(await bench.waiting('u_h'), 20)
  await bench.put('s:u_h', `h=8000 ${peer}`)
  for (const answer of await Promise.all(asked)) assert.equal(answer.status, 200)
  assert.equal(await bench.waiting('u_h'), 0)
})

test('a service that nobody wants to wait for answers at once', async () => {
  await bench.have({ 'd:n.test': '^ / u_n', 's:u_n': '', 'd:m.test': '^ / u_missing' })
  for (const host of ['n.test', 'm.test']) {
    const { status, headers } = await bench.get(host)
    assert.deepEqual([status, headers['retry-after']], [503, '2'])
    assert.equal((await post(host, 'x'.repeat(100_000))).status, 503)
  }
})

function begin(host: string): http.ClientRequest {
  const where = { host: '127.0.0.1', port: bench.port, agent: false, headers: { host } }
  return http.get(where).on('error', () => undefined)
}

function post(host: string, body: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const where = { host: '127.0.0.1', port: bench.port, method: 'POST', agent: false }
  const request = http.request({ ...where, headers: { host } }, (response) => {
    response.resume()
    const { statusCode: status = 0, headers } = response
    response.on('end', () => resolve({ status, headers, body: '' }))
  })
  request.on('error', reject)
  request.end(body)
  return promise
}
