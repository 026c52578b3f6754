/**
 * The live tier's own doors, should a renderer or whoever stands before the control socket ever be
 * wrong: entries and requests with each class of payloads in them. Visitors of others notice nothing,
 * nothing of it is run, and no worker ends.
 */
import assert from 'node:assert/strict'
import http from 'node:http'
import { globSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { FILES } from '@roadstead/edge/core/nginx/main-file.ts'
import { webServer } from '@roadstead/edge/testing/bench.ts'
import { LiveBench } from '@roadstead/edge/testing/live-bench.ts'
import { MARK, PAYLOAD_CLASSES } from './payloads.ts'

const stack = new AsyncDisposableStack()
let bench: LiveBench
let victim = ''

before(async () => {
  bench = stack.use(await LiveBench.start())
  victim = `127.0.0.1:${stack.use(await webServer('victim')).port}`
})
after(() => stack.disposeAsync())

/** Everything that a broken renderer could make of a value. */
function entriesWith(value: string): readonly (readonly [string, string])[] {
  const line = value.replaceAll('\n', ' ')
  return [
    ['d:a.example', line],
    ['d:b.example', `^ ${line} u_a`],
    ['d:c.example', `^ / ${line}`],
    ['d:d.example', `^ / u_a ${line}`],
    [`d:${line}`, '^ / u_victim'],
    ['s:u_a', line],
    ['s:u_b', `${line} ${victim}`],
    ['s:u_c', `b=ck k=${line} ${victim},i=${line}`],
    ['s:u_d', `h=${line} c=${line} r=${line} ${victim},w=${line},m=${line}`],
    ['d:e.example', '^ / u_b'],
    ['d:f.example', '^ / u_c'],
    ['d:g.example', '^ / u_d'],
  ]
}

async function isUnharmed(before: readonly number[]): Promise<void> {
  assert.equal((await bench.get('victim.example')).headers['x-by'], 'victim')
  assert.deepEqual(await bench.workers(), before)
  assert.deepEqual(globSync(`/tmp/${MARK}*`), [])
}

for (const { name, values } of PAYLOAD_CLASSES) {
  describe(name, () => {
    test('in entries', async () => {
      const workers = await bench.workers()
      for (const value of values) {
        const own = { 'd:victim.example': '^ / u_victim', 's:u_victim': victim }
        await bench.have({ ...Object.fromEntries(entriesWith(value)), ...own })
        for (const host of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
          const { body, headers, status } = await bench.get(`${host}.example`, '/x?y=1')
          const said = `${status} ${body} ${JSON.stringify(headers)}`
          // A victim that is named in the entry itself is no harm; a word of the payload is.
          assert.ok(headers['x-by'] === 'victim' || [404, 502, 503].includes(status), said)
          assert.ok(headers['x-by'] === 'victim' || !said.includes(MARK), said)
        }
        await isUnharmed(workers)
      }
    })

    test('at the control socket', async () => {
      const workers = await bench.workers()
      await bench.have({ 'd:victim.example': '^ / u_victim', 's:u_victim': victim })
      const { base } = bench
      for (const value of values) {
        for (const body of [value, `t push ${base} ${value}`, `${value} push ${base} x`]) {
          const status = await post('/entries', body)
          assert.ok([400, 409, 200].includes(status), `${status} for ${JSON.stringify(body)}`)
          if (status === 200)
            await bench.have({ 'd:victim.example': '^ / u_victim', 's:u_victim': victim })
        }
        for (const door of ['/in-flight', '/requests', '/closing', '/waiting']) {
          assert.ok((await post(door, value)) < 500, door)
        }
        await post('/closing', 'off')
        await isUnharmed(workers)
      }
    })
  })
}

test('no visitor reaches the doors of the control socket', async () => {
  const own = { 'd:victim.example': '^ / u_victim', 's:u_victim': victim }
  await bench.have(own)
  const live = await bench.live()
  for (const door of ['/entries', '/in-flight', '/requests', '/closing', '/waiting']) {
    for (const host of ['roadstead', 'localhost', 'unix', '127.0.0.1', '']) {
      assert.equal((await bench.get(host, door)).status, 404)
    }
    assert.equal((await bench.get('victim.example', door)).headers['x-by'], 'victim')
  }
  assert.equal(await bench.live(), live)
})

function post(door: string, body: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const socketPath = path.join(bench.folder, FILES.socket)
  const sent = Buffer.from(body)
  const headers = { host: 'roadstead', 'content-length': sent.length }
  const options = { socketPath, path: door, method: 'POST', headers, agent: false } as const
  const request = http.request(options, (response) => {
    response.resume()
    response.on('end', () => resolve(response.statusCode ?? 0))
  })
  request.on('error', reject)
  request.end(sent)
  return promise
}
