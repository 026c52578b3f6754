import assert from 'node:assert/strict'
import type http from 'node:http'
import process from 'node:process'
import { test } from 'node:test'
import { busyOf, type QuietBook } from '../core/quiet.ts'
import type { EdgeTable } from '../core/table.ts'
import { readPid } from '../io/nginx.ts'
import { Bench, eventually, TIERS, webServer } from '../testing/bench.ts'
import { endpoint, route, service, table } from '../testing/tables.ts'

const busyIn = (book: QuietBook) => busyOf(book).busy

function shopAt(...ports: readonly number[]): EdgeTable {
  return table(
    [service('shop', ...ports.map((port) => endpoint(port)))],
    [route('shop.test', 'shop')],
  )
}

for (const tier of TIERS) {
  test(`${tier}: who leaves is busy until its last answer, and its table is quiet meanwhile`, async () => {
    await using bench = await Bench.start({ tier })
    await using fast = await webServer('fast')
    const held: http.ServerResponse[] = []
    await using slow = await webServer('slow', (_request, response) => void held.push(response))
    await bench.apply(shopAt(slow.port))
    const answers = [bench.get('shop.test'), bench.get('shop.test')]
    await eventually(() => held.length === 2)
    await bench.apply(shopAt(fast.port))
    const { quietBook } = bench.state
    assert.notEqual(quietBook.quiet?.version, 2)
    await eventually(() => bench.state.quietBook.quiet?.version === 2)
    const { host, container } = endpoint(slow.port)
    assert.deepEqual(busyIn(bench.state.quietBook), [{ host, container, requests: 2 }])
    for (const response of held) response.end('late')
    for (const answer of answers) assert.equal((await answer).body, 'late')
    await eventually(() => busyIn(bench.state.quietBook).length === 0)
    assert.equal(bench.state.quietBook.leaving.size, 0)
  })

  test(`${tier}: with nobody under way a table is quiet at once, and nobody is busy`, async () => {
    await using bench = await Bench.start({ tier })
    await using shop = await webServer('shop')
    await bench.apply(shopAt(shop.port, 1))
    await bench.get('shop.test')
    await bench.apply(shopAt(shop.port))
    await eventually(() => bench.state.quietBook.quiet?.version === 2, 2_000)
    assert.deepEqual(busyIn(bench.state.quietBook), [])
  })

  test(`${tier}: an edge that starts again does not call quiet what it has forgotten`, async () => {
    await using fast = await webServer('fast')
    const held: http.ServerResponse[] = []
    await using slow = await webServer('slow', (_request, response) => void held.push(response))
    await using first = await Bench.start({ tier })
    await first.apply(shopAt(slow.port, fast.port))
    const answers = Array.from({ length: 4 }, () => first.get('shop.test'))
    // Each worker has turns of its own, so of four requests one to three come here.
    await eventually(() => held.length > 0)
    await first.apply(shopAt(fast.port))
    await eventually(() => first.isKept())
    await first.abandon()
    await using second = await Bench.in(first.stateDir, first.port, { tier })
    const { state } = second
    await eventually(() => (state.quietBook.strangers?.size ?? 0) > 0)
    assert.equal(state.quietBook.quiet, undefined)
    for (const response of held) response.end('late')
    for (const answer of answers) assert.equal((await answer).status, 200)
    await eventually(() => state.quietBook.quiet !== undefined)
  })

  test(`${tier}: workers whose master was killed are asked, too`, async () => {
    await using bench = await Bench.start({ tier })
    await using fast = await webServer('fast')
    const held: http.ServerResponse[] = []
    await using slow = await webServer('slow', (_request, response) => void held.push(response))
    await bench.apply(shopAt(slow.port))
    await eventually(() => bench.state.quietBook.quiet?.version === 1)
    const answer = bench.get('shop.test')
    await eventually(() => held.length === 1)
    const master = await readPid(bench.opened.files.folder)
    assert.ok(master !== undefined)
    process.kill(master, 'SIGKILL')
    await eventually(async () => (await bench.opened.nginx.orphanConnections()).size > 0)
    await bench.apply(shopAt(fast.port))
    await eventually(() => busyIn(bench.state.quietBook).length === 1)
    for (const response of held) response.end('late')
    assert.equal((await answer).body, 'late')
    await eventually(() => busyIn(bench.state.quietBook).length === 0)
  })
}
