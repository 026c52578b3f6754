import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { data, directive } from '../core/nginx/directive.ts'
import { print } from '../core/nginx/print.ts'
import { render } from '../core/nginx/render.ts'
import { routeKey, type EdgeTable } from '../core/table.ts'
import { readPid } from '../io/nginx.ts'
import type { PutDeps } from './put-in-force.ts'
import { webServer, Bench, eventually } from '../testing/bench.ts'
import { endpoint, plainTable, route, service, table } from '../testing/tables.ts'

const folderOf = (bench: Bench) => bench.opened.files.folder
const asked = async (bench: Bench, url: string) => (await bench.get(url)).headers['x-by']
const generationOf = (bench: Bench) => bench.state.inForce?.generation ?? 'none'

function shopAt(port: number): EdgeTable {
  return table([service('shop', endpoint(port))], [route('shop.test', 'shop')])
}

test('a new edge answers 404 for every name, and a table brings its names to life', async () => {
  await using bench = await Bench.start()
  await using shop = await webServer('shop')
  assert.equal((await bench.get('shop.test')).status, 404)
  await bench.apply(shopAt(shop.port))
  assert.equal(bench.state.outcome.kind, 'applied')
  assert.equal(await asked(bench, 'shop.test'), 'shop')
  assert.equal((await bench.get('other.test')).status, 404)
  assert.equal(await bench.opened.nginx.generation(), generationOf(bench))
})

test('an equal table costs no reload, and its stamp is in force', async () => {
  await using bench = await Bench.start()
  await bench.apply(shopAt(1))
  const { reloads } = bench.state
  await bench.apply(shopAt(1))
  assert.equal(bench.state.outcome.kind, 'unchanged')
  assert.equal(bench.state.inForce?.stamp.version, 2)
  assert.equal(bench.state.reloads, reloads)
})

test('a hundred tables at once become one or two reloads, and the last one is in force', async () => {
  await using bench = await Bench.start()
  await using shop = await webServer('shop')
  await bench.apply(plainTable(3))
  const before = bench.state.reloads
  for (let port = 1; port <= 99; port += 1) bench.want(shopAt(port))
  await bench.apply(shopAt(shop.port))
  assert.ok(bench.state.reloads - before <= 2, `${bench.state.reloads - before} reloads`)
  assert.equal(await asked(bench, 'shop.test'), 'shop')
})

test('one bad route costs one route: it is named with its container, and all others change', async () => {
  // A directive that nginx does not know stands for whatever our grammar might let through one day.
  const badPort = 4_242
  const draw: typeof render = (it, view, settings) => {
    const drawn = render(it, view, settings)
    const isBad = [...drawn.peers.values()].flat().some((peer) => peer.endsWith(`:${badPort}`))
    if (!isBad) return drawn
    const tree = [...drawn.tree, directive('upstream', [data('u_empty')], [])]
    return { ...drawn, tree, body: print(tree) }
  }
  await using bench = await Bench.start({ render: draw })
  await using good = await webServer('good')
  const bad = service('bad', endpoint(badPort))
  const mixed = (port: number) => {
    const plain = plainTable(40)
    return table(
      [...plain.services, bad, service('good', endpoint(port))],
      [...plain.routes, route('bad.test', 'bad'), route('good.test', 'good')],
    )
  }
  await bench.apply(mixed(good.port))
  assert.equal(bench.state.outcome.kind, 'applied')
  assert.equal(await asked(bench, 'good.test'), 'good')
  assert.equal((await bench.get('bad.test')).status, 404)
  const [[key, quarantined] = ['', undefined], ...others] = [...bench.state.quarantine]
  assert.deepEqual(others, [])
  assert.equal(key, routeKey(route('bad.test', 'bad')))
  assert.deepEqual(quarantined?.containers, [endpoint(badPort).container])
  assert.equal(quarantined.reason, 'nginx: an upstream has no server')

  await bench.apply(mixed(good.port + 1))
  assert.equal(bench.state.outcome.kind, 'applied')
  assert.equal(bench.state.quarantine.size, 1)
  await bench.apply(shopAt(1))
  assert.equal(bench.state.quarantine.size, 0)
})

for (const ended of ['too-late', 'cut-short'] as const) {
  test(`a test by nginx that ends ${ended} blames no route, and is tried again`, async () => {
    let isSlow = true
    await using bench = await Bench.start({
      bend: (deps) => ({
        ...deps,
        nginx: bent(deps.nginx, async () => {
          const path = join(folderOf(bench), 'candidate-routes.conf')
          const hasRoute = (await readFile(path, 'utf8')).includes('shop.test')
          return isSlow && hasRoute ? { ended, output: '' } : deps.nginx.test()
        }),
      }),
    })
    await using shop = await webServer('shop')
    await bench.apply(shopAt(shop.port))
    const { outcome } = bench.state
    assert.equal(outcome.kind === 'rejected' && outcome.reason, 'test-failed')
    assert.match(outcome.kind === 'rejected' ? outcome.detail : '', /took too long|run to its end/)
    assert.equal(bench.state.quarantine.size, 0)
    isSlow = false
    await eventually(() => bench.state.outcome.kind === 'applied')
    await eventually(async () => (await asked(bench, 'shop.test')) === 'shop')
  })
}

test('a text that does not read as its tree never reaches nginx', async () => {
  const draw: typeof render = (it, view, settings) => {
    const drawn = render(it, view, settings)
    return it.routes.length === 0 ? drawn : { ...drawn, body: `${drawn.body}# note\nserver {}\n` }
  }
  await using bench = await Bench.start({ render: draw })
  const before = await bench.opened.nginx.generation()
  await bench.apply(shopAt(1))
  assert.equal(await bench.opened.nginx.generation(), before)
})

test('a hung nginx is reported, what was in force stays, and the newest table follows later', async () => {
  await using bench = await Bench.start()
  await using shop = await webServer('shop')
  await bench.apply(shopAt(shop.port))
  const good = generationOf(bench)
  const master = (await readPid(folderOf(bench))) ?? 0
  process.kill(master, 'SIGSTOP')
  await bench.apply(plainTable(2))
  const { outcome } = bench.state
  assert.equal(outcome.kind === 'rejected' && outcome.reason, 'not-answering')
  assert.equal(await bench.opened.files.generation(), good)
  assert.equal(await asked(bench, 'shop.test'), 'shop')
  process.kill(master, 'SIGCONT')
  await eventually(() => bench.state.outcome.kind === 'applied')
  await eventually(async () => (await bench.get('shop.test')).status === 404)
})

for (const victim of ['master', 'all'] as const) {
  test(`nginx is started again on what was in force when ${victim} of it is killed`, async () => {
    await using bench = await Bench.start()
    await using shop = await webServer('shop')
    await bench.apply(shopAt(shop.port))
    const master = (await readPid(folderOf(bench))) ?? 0
    const pids = victim === 'all' ? [...(await childrenOf(master)), master] : [master]
    for (const pid of pids.reverse()) process.kill(pid, 'SIGKILL')
    await eventually(async () => {
      const pid = await readPid(folderOf(bench))
      return pid !== undefined && pid !== master && bench.opened.nginx.running()
    })
    await eventually(async () => (await asked(bench, 'shop.test')) === 'shop')
    await bench.apply(plainTable(1))
    assert.equal((await bench.get('shop.test')).status, 404)
  })
}

test('a full disk rejects the table, keeps what is in force, and is tried again', async () => {
  let isFull = false
  await using bench = await Bench.start({
    bend: (deps) => ({
      ...deps,
      disk: {
        writeTable: (it) => deps.disk.writeTable(it),
        writeFence: (it) =>
          isFull
            ? Promise.resolve({ kind: 'disk-full', detail: 'ENOSPC' })
            : deps.disk.writeFence(it),
      },
    }),
  })
  await using shop = await webServer('shop')
  await bench.apply(shopAt(shop.port))
  isFull = true
  await bench.apply(plainTable(1))
  const { outcome } = bench.state
  assert.equal(outcome.kind === 'rejected' && outcome.reason, 'disk-full')
  assert.equal(await asked(bench, 'shop.test'), 'shop')
  isFull = false
  await eventually(() => bench.state.outcome.kind === 'applied')
})

test('after a kill of the edge, its nginx is found, and runs on without a reload', async () => {
  await using shop = await webServer('shop')
  await using first = await Bench.start()
  await first.apply(shopAt(shop.port))
  await first.abandon()
  const pid = await readPid(folderOf(first))
  await using second = await Bench.in(first.stateDir, first.port)
  await eventually(() => second.state.outcome.kind === 'applied')
  assert.equal(await readPid(folderOf(second)), pid)
  assert.equal(second.state.reloads, 0)
  assert.equal(await asked(second, 'shop.test'), 'shop')
})

test('a restart of edge and nginx serves the last good tree, with nobody there to ask (I8)', async () => {
  await using shop = await webServer('shop')
  await using first = await Bench.start()
  await first.apply(shopAt(shop.port))
  await first.abandon()
  await first.opened[Symbol.asyncDispose]()
  // The routes are damaged, too: half of the file is there.
  const path = join(folderOf(first), 'routes.conf')
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.slice(0, text.length / 2))
  await rm(join(folderOf(first), 'candidate-routes.conf'), { force: true })
  await using second = await Bench.in(first.stateDir, first.port)
  assert.equal(await asked(second, 'shop.test'), 'shop')
})

/** The same nginx with a test of its own. */
function bent(nginx: PutDeps['nginx'], testText: PutDeps['nginx']['test']): PutDeps['nginx'] {
  return {
    running: () => nginx.running(),
    test: testText,
    reload: () => nginx.reload(),
    generation: () => nginx.generation(),
    answersBy: (generation) => nginx.answersBy(generation),
    oldWorkers: () => nginx.oldWorkers(),
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(' ').map(Number)
}
