import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { readFile } from 'node:fs/promises'
import type http from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { EdgeId, InstanceId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog } from '@roadstead/shared/kernel/log.ts'
import { Supervisor } from '@roadstead/shared/kernel/supervisor.ts'
import type { RequestReport } from '@roadstead/shared/protocol/request-report.ts'
import type { EdgeTable } from '../core/table.ts'
import { Bench, eventually, TIERS, webServer } from '../testing/bench.ts'
import { endpoint, route, service, table } from '../testing/tables.ts'
import { countRequests } from './count-requests.ts'

const self = { site: SiteId.parse('s1'), edge: EdgeId.parse('e1') }
/** A report comes every five seconds, and what is in it is a second old. */
const PATIENCE_MS = 20_000

/** One life of what counts: what it has told so far, by key. */
class Life implements AsyncDisposable {
  readonly statuses = new Map<string, readonly number[]>()
  readonly slow = new Map<string, number>()
  readonly #loops = new Supervisor(silentLog)

  constructor(bench: Bench, name: string) {
    const instance = InstanceId.parse(name)
    const { requests } = bench.opened
    assert.ok(requests !== undefined)
    const bus = { tellRequests: (report: RequestReport) => this.#hear(report) }
    const deps = { requests, self: { ...self, instance }, bus, state: bench.state }
    this.#loops.run('count', (stop) => countRequests({ ...deps, seriesMax: 100, clock }, stop))
  }

  /** Answers of class 2xx, 4xx and 5xx. */
  of(key: string): readonly (number | undefined)[] {
    const statuses = this.statuses.get(key) ?? []
    return [statuses[2] ?? 0, statuses[4] ?? 0, statuses[5] ?? 0]
  }

  #hear({ routes, endpoints }: RequestReport): boolean {
    for (const { key, statuses } of [...routes, ...endpoints]) this.statuses.set(key, statuses)
    for (const { key, whole } of routes) {
      this.slow.set(
        key,
        whole.buckets.slice(7).reduce((all, each) => all + each, 0),
      )
    }
    return true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loops[Symbol.asyncDispose]()
  }
}

/** In force, and nobody is served by the text before any more. */
async function apply(bench: Bench, wanted: EdgeTable): Promise<void> {
  await bench.apply(wanted)
  const { nginx } = bench.opened
  await eventually(async () => (await nginx.oldWorkers()).generations === 0)
}

const answer: http.RequestListener = (request, response) => {
  const asked = new URL(request.url ?? '/', 'http://x')
  response.statusCode = Number(asked.searchParams.get('status') ?? 200)
  clock.after(Number(asked.searchParams.get('ms') ?? 0), () => response.end('x'))
}

for (const tier of TIERS) {
  test(`${tier}: what was asked is what is counted, by route and endpoint`, async () => {
    await using server = await webServer('shop', answer)
    await using bench = await Bench.start({ tier })
    await using life = new Life(bench, 'one')
    const routes = [
      route('shop.test', 'shop'),
      route('wiki.test/docs', 'shop', { stripPrefix: true }),
      route('wiki.test/x', 'shop', { match: 'exact' }),
      route('away.test', 'gone'),
    ]
    const services = [service('shop', endpoint(server.port)), service('gone')]
    await apply(bench, table(services, routes))

    const asked: readonly (readonly [times: number, url: string])[] = [
      [60, 'shop.test/a/path?secret=1'],
      [20, 'shop.test/?status=404'],
      [10, 'shop.test/?status=503'],
      [5, 'shop.test/?ms=600'],
      [30, 'wiki.test/docs/page'],
      [7, 'wiki.test/x'],
      [4, 'wiki.test/nothing'],
      [3, 'unknown.test/'],
      [2, 'away.test/'],
    ]
    await Promise.all(
      asked.flatMap(([times, url]) => Array.from({ length: times }, () => bench.get(url))),
    )

    await eventually(() => life.of('shop.test prefix /')[2] === 10, PATIENCE_MS)
    await eventually(() => life.of('-')[1] === 7, PATIENCE_MS)
    assert.deepEqual(life.of('shop.test prefix /'), [65, 20, 10])
    assert.deepEqual(life.of('wiki.test prefix /docs'), [30, 0, 0])
    assert.deepEqual(life.of('wiki.test exact /x'), [7, 0, 0])
    assert.deepEqual(life.of('away.test prefix /'), [0, 0, 2])
    assert.deepEqual(life.of('-'), [0, 7, 0])
    assert.deepEqual(life.of(`127.0.0.1:${server.port}`), [102, 20, 10])
    assert.equal(life.slow.get('shop.test prefix /'), 5)
    assert.doesNotMatch([...life.statuses.keys()].join(), /secret|page|path/)
  })

  test(`${tier}: a life that follows another counts nothing again`, async () => {
    await using server = await webServer('shop', answer)
    await using bench = await Bench.start({ tier })
    await apply(
      bench,
      table([service('shop', endpoint(server.port))], [route('shop.test', 'shop')]),
    )
    const ask = (times: number) =>
      Promise.all(Array.from({ length: times }, () => bench.get('shop.test/')))
    {
      await using one = new Life(bench, 'one')
      await ask(30)
      await eventually(() => one.of('shop.test prefix /')[0] === 30, PATIENCE_MS)
    }
    await using two = new Life(bench, 'two')
    await ask(12)
    await eventually(() => two.of('shop.test prefix /')[0] === 12, PATIENCE_MS)
  })
}

test('an edge that comes back finds its port, and refuses what others send there', async () => {
  await using server = await webServer('shop', answer)
  await using bench = await Bench.start({ tier: 'reload' })
  await apply(bench, table([service('shop', endpoint(server.port))], [route('shop.test', 'shop')]))
  const file = join(bench.stateDir, 'nginx', 'access-place')
  const before = await readFile(file, 'utf8')
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(before)?.[1])
  await bench.abandon()
  bench.opened.leaveRunning()
  await bench.opened[Symbol.asyncDispose]()

  await using back = await Bench.in(bench.stateDir, bench.port, { tier: 'reload' })
  await using life = new Life(back, 'back')
  assert.equal(await readFile(file, 'utf8'), before)
  const stranger = createSocket('udp4')
  const line = '["shop.test prefix /",200,0.001,"",""]'
  stranger.send(`<190>Nov 22 06:59:59 rs${'0'.repeat(24)}: ${line}`, port, '127.0.0.1', () =>
    stranger.close(),
  )
  await back.get('shop.test/')
  await eventually(() => life.of('shop.test prefix /')[0] === 1, PATIENCE_MS)
})
