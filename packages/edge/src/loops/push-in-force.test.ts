import assert from 'node:assert/strict'
import { readFile, truncate, writeFile } from 'node:fs/promises'
import http from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { DomainName } from '@roadstead/shared/protocol/route.ts'
import type { RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import { liveGeneration, noEntries } from '../core/live/entries.ts'
import type { EdgeTable } from '../core/table.ts'
import { readPid } from '../io/nginx.ts'
import { Bench, eventually, webServer } from '../testing/bench.ts'
import { endpoint, plainTable, route, service, table } from '../testing/tables.ts'

const asked = async (bench: Bench, url: string) => (await bench.get(url)).headers['x-by']

function shopAt(...ports: readonly number[]): EdgeTable {
  return table(
    [service('shop', ...ports.map((port) => endpoint(port)))],
    [route('shop.test', 'shop')],
  )
}

const { services, routes } = plainTable(1_000)

/** A shop among many others. */
function amongMany(shop: EdgeTable): EdgeTable {
  return table([...services, ...shop.services], [...routes, ...shop.routes])
}

async function workersOf(bench: Bench): Promise<string> {
  const master = await readPid(bench.opened.files.folder)
  return readFile(`/proc/${master}/task/${master}/children`, 'utf8')
}

test('a hundred changes among a thousand domains replace no worker', async () => {
  await using bench = await Bench.start()
  await using one = await webServer('one')
  await using two = await webServer('two')
  await bench.apply(amongMany(shopAt(one.port)))
  const workers = await workersOf(bench)
  for (let count = 1; count <= 100; count += 1) {
    const { port } = count % 2 === 0 ? one : two
    await bench.apply(amongMany(shopAt(port)))
    assert.equal(await asked(bench, 'shop.test'), count % 2 === 0 ? 'one' : 'two')
  }
  assert.equal(await workersOf(bench), workers)
  assert.equal(bench.state.reloads, 0)
  assert.ok(bench.state.pushes >= 100)
})

test('whom a route sends elsewhere, refuses or tells of TLS changes without a reload', async () => {
  await using bench = await Bench.start()
  await using shop = await webServer('shop')
  const hsts = { maxAgeS: 60, subdomains: false, preload: false }
  const redirect = { status: 301, domain: DomainName.parse('other.test') } as const
  const with_ = (settings: RouteSettings | undefined) =>
    table([service('shop', endpoint(shop.port))], [route('shop.test', 'shop', { settings })])
  const seen = async (path: string) => {
    const { status, headers } = await bench.get(`shop.test${path}`)
    return [status, headers.location]
  }
  for (const [settings, ...expected] of [
    [undefined, 200, undefined],
    [{ https: 'redirect' }, 308, 'https://shop.test/x?y=1'],
    [{ redirect, hsts }, 301, 'http://other.test/x?y=1'],
    [{ https: 'only' }, 403, undefined],
    [{ https: 'both', hsts }, 200, undefined],
  ] as const) {
    await bench.apply(with_(settings))
    assert.deepEqual(await seen('/x?y=1'), expected)
  }
  assert.equal(bench.state.reloads, 0)
  await bench.apply(with_({ compress: true }))
  assert.equal(bench.state.reloads, 1)
})

test('what was pushed is served after a restart of everything, with nobody there to ask (I8)', async () => {
  await using shop = await webServer('shop')
  await using first = await Bench.start()
  await first.apply(amongMany(shopAt(1)))
  await first.apply(amongMany(shopAt(shop.port)))
  await eventually(() => first.isKept())
  const generation = first.state.inForce?.generation
  await first.abandon()
  await first.opened[Symbol.asyncDispose]()
  await using second = await Bench.in(first.stateDir, first.port)
  assert.equal(await asked(second, 'shop.test'), 'shop')
  await eventually(() => second.state.outcome.kind === 'applied')
  assert.equal(second.state.inForce?.generation, generation)
  assert.deepEqual([second.state.reloads, second.state.pushes], [0, 0])
})

for (const damage of ['cut', 'edited'] as const) {
  test(`entries on disk that were ${damage} are never served`, async () => {
    await using shop = await webServer('shop')
    await using first = await Bench.start()
    await first.apply(shopAt(shop.port))
    await eventually(() => first.isKept())
    await first.abandon()
    await first.opened[Symbol.asyncDispose]()
    const path = join(first.opened.files.folder, 'live.txt')
    const text = await readFile(path, 'utf8')
    if (damage === 'cut') await truncate(path, Math.floor(text.length / 2))
    else await writeFile(path, text.replace(`:${shop.port}`, `:${shop.port + 1}`))
    await using second = await Bench.in(first.stateDir, first.port)
    await eventually(async () => (await asked(second, 'shop.test')) === 'shop')
  })
}

test('a push that was cut short by the death of the edge is healed by the next one', async () => {
  await using shop = await webServer('shop')
  await using first = await Bench.start()
  await first.apply(shopAt(shop.port))
  await eventually(() => first.isKept())
  const running = await first.opened.nginx.runs()
  await first.abandon()
  await halfAPush(first, running?.live ?? '')
  assert.equal((await first.opened.nginx.runs())?.live, '')
  await using second = await Bench.in(first.stateDir, first.port)
  await eventually(() => second.state.outcome.kind === 'applied')
  assert.deepEqual(await second.opened.nginx.runs(), running)
  assert.equal(await asked(second, 'shop.test'), 'shop')
  assert.equal((await second.get('half.test')).status, 404)
})

/** The first chunk of two, as an edge would send it that dies before the second. */
function halfAPush(bench: Bench, from: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socketPath = join(bench.opened.files.folder, 'control.sock')
  const [shop] = shopAt(1).services
  const body = `0123456789abcdef push ${from} -\n+d:half.test ^ / ${shop?.id ?? ''}`
  const request = http.request({ socketPath, path: '/entries', method: 'POST' }, (response) => {
    response.resume().on('end', () => resolve())
  })
  request.on('error', reject).end(body)
  return promise
}

test('entries of somebody else are found out, and replaced by ours', async () => {
  await using bench = await Bench.start()
  await using shop = await webServer('shop')
  await bench.apply(shopAt(1))
  await bench.opened.live?.replace(new Map(), 'f'.repeat(16))
  await bench.apply(shopAt(shop.port))
  await eventually(() => bench.state.outcome.kind === 'applied')
  assert.equal(await asked(bench, 'shop.test'), 'shop')
})

test('the text that runs keeps its services while nobody knows what runs', async () => {
  await using bench = await Bench.start()
  await using shop = await webServer('shop')
  const site = (name: string) =>
    table(
      [service(name, endpoint(shop.port))],
      [route(`${name}.test/`, name), route(`${name}.test/api`, name, { stripPrefix: true })],
    )
  await bench.apply(site('old'))
  bench.state.rendering = undefined
  bench.want(site('new'))
  const met = new Set<number>()
  await eventually(async () => {
    met.add((await bench.get('old.test')).status)
    return met.has(404)
  })
  assert.deepEqual([...met], [200, 404])
  await eventually(() => !bench.isBusy())
  assert.equal(await asked(bench, 'new.test'), 'shop')
  const running = await bench.opened.nginx.runs()
  const { entries = noEntries } = bench.state.inForce ?? {}
  assert.equal(running?.live, liveGeneration(entries, sha256))
})

test('a memory that is full rejects the table, keeps what is in force, and is tried again', async () => {
  let isFull = false
  await using bench = await Bench.start({
    bend: (deps) => {
      const { live } = deps
      if (live === undefined) return deps
      const full = { kind: 'refused', detail: 'no memory' } as const
      return {
        ...deps,
        live: {
          push: (...all) => (isFull ? Promise.resolve(full) : live.push(...all)),
          replace: (...all) => live.replace(...all),
          inFlight: (asked) => live.inFlight(asked),
          waiting: () => live.waiting(),
          setClosing: (closing) => live.setClosing(closing),
        },
      }
    },
  })
  await using shop = await webServer('shop')
  await bench.apply(shopAt(shop.port))
  const before = await bench.opened.nginx.runs()
  isFull = true
  await bench.apply(shopAt(1))
  const { outcome } = bench.state
  assert.equal(outcome.kind === 'rejected' && outcome.reason, 'push-refused')
  assert.deepEqual(await bench.opened.nginx.runs(), before)
  assert.equal(await asked(bench, 'shop.test'), 'shop')
  isFull = false
  await eventually(() => bench.state.outcome.kind === 'applied')
})

test('addresses that pass from service to service never get the requests of the other', async () => {
  await using bench = await Bench.start()
  await using left = await webServer('left')
  await using right = await webServer('right')
  const swapped = (phase: number) => {
    const ports = phase % 2 === 0 ? [left.port, right.port] : [right.port, left.port]
    const [a = 0, b = 0] = ports
    // Another container at each address every time.
    const at = (port: number, name: number) => ({
      ...endpoint(port),
      container: endpoint(10 * phase + name).container,
    })
    return table(
      [service('a', at(a, 1)), service('b', at(b, 2))],
      [route('a.test', 'a'), route('b.test', 'b')],
    )
  }
  let phase = 0
  let isOver = false
  let answers = 0
  const hammer = async (domain: string, isFirst: boolean) => {
    while (!isOver) {
      const began = phase
      const by = await asked(bench, domain)
      // A request across a change may meet either side of it.
      if (began !== phase || began < 0) continue
      answers += 1
      assert.equal(by, (began % 2 === 0) === isFirst ? 'left' : 'right')
    }
  }
  await bench.apply(swapped(0))
  const hammers = ['a.test', 'b.test', 'a.test', 'b.test'].map((it) => hammer(it, it === 'a.test'))
  for (let next = 1; next <= 50; next += 1) {
    phase = -1
    await bench.apply(swapped(next))
    phase = next
    const before = answers
    await eventually(() => answers > before + 4)
  }
  isOver = true
  await Promise.all(hammers)
  assert.equal(bench.state.reloads, 0)
})

test('a domain becomes text and entry again, and no visitor is turned away', async () => {
  await using bench = await Bench.start()
  await using shop = await webServer('shop')
  const plain = shopAt(shop.port)
  const api = route('shop.test/api', 'shop', { stripPrefix: true })
  const text = table(plain.services, [...plain.routes, api])
  await bench.apply(plain)
  let isOver = false
  const hammer = async () => {
    while (!isOver) assert.equal(await asked(bench, 'shop.test'), 'shop')
  }
  const hammers = [hammer(), hammer()]
  for (const it of [text, plain, text, plain]) {
    await bench.apply(it)
    assert.equal(bench.state.outcome.kind, 'applied')
    const expected = it === text ? '/' : '/api'
    assert.match((await bench.get('shop.test/api')).body, new RegExp(`"url":"${expected}"`))
  }
  isOver = true
  await Promise.all(hammers)
  assert.equal(bench.state.reloads, 4)
})

test('an endpoint that starts slowly gets its share by steps, without a reload', async () => {
  await using bench = await Bench.start()
  const slow = (...ports: readonly number[]) => {
    const shop = shopAt(...ports)
    return table(
      shop.services.map((it) => ({ ...it, slowStartMs: 1_000 })),
      shop.routes,
    )
  }
  await bench.apply(slow(1))
  await bench.apply(slow(1, 2))
  const { pushes } = bench.state
  assert.equal(bench.state.joins.size, 1)
  await eventually(() => bench.state.pushes === pushes + 3)
  assert.equal(bench.state.reloads, 0)
})
