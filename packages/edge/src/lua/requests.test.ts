import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { nothingCounted, sumTallies, type Tally } from '../core/requests/counts.ts'
import { RequestJournal } from '../io/request-journal.ts'
import { eventually, freePort, webServer } from '../testing/bench.ts'
import { LiveBench } from '../testing/live-bench.ts'

const made = new AsyncDisposableStack()
after(() => made.disposeAsync())

/** How long a slow request takes: longer than a reload. */
const SLOW_MS = 1_500

let bench: LiveBench
let journal: RequestJournal
let web: string
let dead: string
let tally: Tally = nothingCounted

before(async () => {
  bench = made.use(await LiveBench.start())
  journal = new RequestJournal((from) => bench.table.readRequests(from))
  const { port } = made.use(
    await webServer('web', (request, response) => {
      const ms = request.url === '/slow' ? SLOW_MS : 0
      clock.after(ms, () => response.end('x'))
    }),
  )
  web = `127.0.0.1:${port}`
  dead = `127.0.0.1:${await freePort()}`
})

/** Classes of status that were counted so far: other, 1xx, 2xx, 3xx, 4xx, 5xx. */
async function counted(kind: keyof Tally, key: string): Promise<readonly number[]> {
  const taken = await journal.take()
  if (taken !== undefined) tally = sumTallies(tally, taken.tally)
  journal.told()
  return tally[kind].get(key)?.slice(0, 6) ?? []
}

async function isCounted(kind: keyof Tally, key: string, wanted: readonly number[]) {
  await eventually(async () => {
    const now = await counted(kind, key)
    return now.length > 0 && wanted.every((number, at) => now[at] === number)
  })
}

test('each route of a domain is counted under its own key', async () => {
  await bench.have({ 'd:x.test': '= /a u_x ^ /a u_x ^ / u_x', 's:u_x': web })
  for (const path of ['/a', '/a/b', '/a/c', '/d', '/d', '/d']) await bench.get('x.test', path)
  await isCounted('routes', 'x.test exact /a', [0, 0, 1])
  await isCounted('routes', 'x.test prefix /a', [0, 0, 2])
  await isCounted('routes', 'x.test prefix /', [0, 0, 3])
  await isCounted('endpoints', web, [0, 0, 6])
})

test('a name that nobody has is counted as nobody, whatever it is', async () => {
  await bench.get('nobody.test')
  await bench.get('"quoted".test')
  await isCounted('routes', '-', [0, 0, 0, 0, 2, 0])
})

test('an endpoint that does not answer is counted beside the one that does', async () => {
  await bench.have({ 'd:y.test': '^ / u_y', 's:u_y': `${dead},w=1000 ${web}` })
  await bench.get('y.test')
  await isCounted('routes', 'y.test prefix /', [0, 0, 1])
  await isCounted('endpoints', dead, [1, 0, 0, 0, 0, 0])
})

test('a service without endpoints is counted with its route', async () => {
  await bench.have({ 'd:z.test': '^ / u_z', 's:u_z': '' })
  assert.equal((await bench.get('z.test')).status, 503)
  await isCounted('routes', 'z.test prefix /', [0, 0, 0, 0, 0, 1])
})

test('what a replaced worker still answers is counted, too', async () => {
  await bench.have({ 'd:w.test': '^ / u_w', 's:u_w': web })
  const slow = bench.get('w.test', '/slow')
  const before = await bench.workers()
  await eventually(async () => (await bench.table.inFlight(undefined))?.get(web) === 1)
  bench.nginx.reload()
  await eventually(async () => (await bench.workers()).some((pid) => !before.includes(pid)))
  assert.equal((await slow).status, 200)
  await isCounted('routes', 'w.test prefix /', [0, 0, 1])
})

test('nobody is told of the requests by which nginx is asked', async () => {
  await counted('routes', '-')
  for (let times = 0; times < 20; times += 1) await bench.live()
  await bench.get('nobody.test')
  await isCounted('routes', '-', [0, 0, 0, 0, 3, 0])
})
