import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { data, directive } from '../core/nginx/directive.ts'
import { print } from '../core/nginx/print.ts'
import { render } from '../core/nginx/render.ts'
import { wholeGeneration } from '../core/live/entries.ts'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import { type EdgeTable } from '../core/table.ts'
import { readPid } from '../io/nginx.ts'
import type { PutDeps } from './put-in-force.ts'
import { Bench, eventually, TIERS, webServer } from '../testing/bench.ts'
import { endpoint, plainTable, route, service, table } from '../testing/tables.ts'

const folderOf = (bench: Bench) => bench.opened.files.folder
const asked = async (bench: Bench, url: string) => (await bench.get(url)).headers['x-by']
const generationOf = (bench: Bench) => bench.state.inForce?.generation ?? 'none'

/** A route with a setting of its own, which is text in both tiers. */
const badRoute = route('bad.test/api', 'bad', { stripPrefix: true })

/** The same domains, each with a setting of its own: no tier changes these without a reload. */
function sited({ services, routes }: EdgeTable): EdgeTable {
  return table(
    services,
    routes.map((it) => ({ ...it, path: badRoute.path, stripPrefix: true })),
  )
}

/** Of what answers a fresh connection. */
async function runningGeneration(bench: Bench): Promise<string | undefined> {
  const { nginx, tier } = bench.opened
  const running = await nginx.runs()
  if (running === undefined) return undefined
  return wholeGeneration(running.file, tier === 'live' ? running.live : undefined, sha256)
}

function shopAt(port: number): EdgeTable {
  return table([service('shop', endpoint(port))], [route('shop.test', 'shop')])
}

for (const tier of TIERS) {
  test(`${tier}: a new edge answers 404 for every name, and a table brings its names to life`, async () => {
    await using bench = await Bench.start({ tier })
    await using shop = await webServer('shop')
    assert.equal((await bench.get('shop.test')).status, 404)
    await bench.apply(shopAt(shop.port))
    assert.equal(bench.state.outcome.kind, 'applied')
    assert.equal(await asked(bench, 'shop.test'), 'shop')
    assert.equal((await bench.get('other.test')).status, 404)
    assert.equal(await runningGeneration(bench), generationOf(bench))
  })

  test(`${tier}: an equal table costs no reload, and its stamp is in force`, async () => {
    await using bench = await Bench.start({ tier })
    await bench.apply(shopAt(1))
    const { reloads } = bench.state
    await bench.apply(shopAt(1))
    assert.equal(bench.state.outcome.kind, 'unchanged')
    assert.equal(bench.state.inForce?.stamp.version, 2)
    assert.equal(bench.state.reloads, reloads)
  })

  test(`${tier}: a hundred tables at once become one or two changes, the last in force`, async () => {
    await using bench = await Bench.start({ tier })
    await using shop = await webServer('shop')
    await bench.apply(plainTable(3))
    const before = bench.state.reloads
    for (let port = 1; port <= 99; port += 1) bench.want(shopAt(port))
    await bench.apply(shopAt(shop.port))
    assert.ok(bench.state.reloads - before <= 2, `${bench.state.reloads - before} reloads`)
    assert.equal(await asked(bench, 'shop.test'), 'shop')
  })

  test(`${tier}: one bad route costs one route: it is named, and all others change`, async () => {
    // A directive that nginx does not know stands for whatever our grammar might let through one day.
    const draw: typeof render = (it, view, settings) => {
      const drawn = render(it, view, settings)
      if (!drawn.routes.has(routeKey(badRoute))) return drawn
      const tree = [...drawn.tree, directive('upstream', [data('u_empty')], [])]
      return { ...drawn, tree, body: print(tree) }
    }
    await using bench = await Bench.start({ tier, render: draw })
    await using good = await webServer('good')
    const bad = service('bad', endpoint(4_242))
    const mixed = (port: number) => {
      const plain = plainTable(40)
      return table(
        [...plain.services, bad, service('good', endpoint(port))],
        [...sited(plain).routes, badRoute, route('good.test', 'good')],
      )
    }
    await bench.apply(mixed(good.port))
    assert.equal(bench.state.outcome.kind, 'applied')
    assert.equal(await asked(bench, 'good.test'), 'good')
    assert.equal((await bench.get('bad.test/api')).status, 404)
    const [[key, quarantined] = ['', undefined], ...others] = [...bench.state.quarantine]
    assert.deepEqual(others, [])
    assert.equal(key, routeKey(badRoute))
    assert.deepEqual(quarantined?.containers, [endpoint(4_242).container])
    assert.equal(quarantined.reason, 'nginx: an upstream has no server')

    await bench.apply(mixed(good.port + 1))
    assert.equal(bench.state.outcome.kind, 'applied')
    assert.equal(bench.state.quarantine.size, 1)
    await bench.apply(shopAt(1))
    assert.equal(bench.state.quarantine.size, 0)
  })

  for (const ended of ['too-late', 'cut-short'] as const) {
    test(`${tier}: a test by nginx that ends ${ended} blames no route, and is tried again`, async () => {
      let isSlow = true
      await using bench = await Bench.start({
        tier,
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
      await bench.apply(sited(shopAt(shop.port)))
      const { outcome } = bench.state
      assert.equal(outcome.kind === 'rejected' && outcome.reason, 'test-failed')
      assert.match(
        outcome.kind === 'rejected' ? outcome.detail : '',
        /took too long|run to its end/,
      )
      assert.equal(bench.state.quarantine.size, 0)
      isSlow = false
      await eventually(() => bench.state.outcome.kind === 'applied')
      await eventually(async () => (await asked(bench, 'shop.test/api')) === 'shop')
    })
  }

  test(`${tier}: a text that does not read as its tree never reaches nginx`, async () => {
    const draw: typeof render = (it, view, settings) => {
      const drawn = render(it, view, settings)
      return it.routes.length === 0 ? drawn : { ...drawn, body: `${drawn.body}# note\nserver {}\n` }
    }
    await using bench = await Bench.start({ tier, render: draw })
    const before = await bench.opened.nginx.generation()
    await bench.apply(shopAt(1))
    assert.equal(await bench.opened.nginx.generation(), before)
  })

  test(`${tier}: a hung nginx is reported, what was in force stays, the newest follows`, async () => {
    await using bench = await Bench.start({ tier })
    await using shop = await webServer('shop')
    await bench.apply(shopAt(shop.port))
    const good = generationOf(bench)
    const master = (await readPid(folderOf(bench))) ?? 0
    process.kill(master, 'SIGSTOP')
    await bench.apply(sited(plainTable(2)))
    const { outcome } = bench.state
    assert.equal(outcome.kind === 'rejected' && outcome.reason, 'not-answering')
    assert.equal(await bench.opened.files.generation(), bench.state.inForce?.file)
    assert.equal(await runningGeneration(bench), good)
    assert.equal(await asked(bench, 'shop.test'), 'shop')
    process.kill(master, 'SIGCONT')
    await eventually(() => bench.state.outcome.kind === 'applied')
    await eventually(async () => (await bench.get('shop.test')).status === 404)
  })

  for (const victim of ['master', 'all'] as const) {
    test(`${tier}: nginx starts again on what was in force when ${victim} of it is killed`, async () => {
      await using bench = await Bench.start({ tier })
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

  test(`${tier}: a full disk rejects the table, keeps what is in force, and is tried again`, async () => {
    let isFull = false
    await using bench = await Bench.start({
      tier,
      bend: (deps) => ({
        ...deps,
        disk: {
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

  test(`${tier}: after a kill of the edge, its nginx is found, and runs on without a reload`, async () => {
    await using shop = await webServer('shop')
    await using first = await Bench.start({ tier })
    await first.apply(shopAt(shop.port))
    await first.abandon()
    const pid = await readPid(folderOf(first))
    await using second = await Bench.in(first.stateDir, first.port, { tier })
    await eventually(() => second.state.outcome.kind === 'applied')
    assert.equal(await readPid(folderOf(second)), pid)
    assert.equal(second.state.reloads, 0)
    assert.equal(await asked(second, 'shop.test'), 'shop')
  })

  test(`${tier}: a restart of both serves the last good tree, with nobody there (I8)`, async () => {
    await using shop = await webServer('shop')
    await using first = await Bench.start({ tier })
    await first.apply(shopAt(shop.port))
    await first.abandon()
    await first.opened[Symbol.asyncDispose]()
    // The routes are damaged, too: half of the file is there.
    const path = join(folderOf(first), 'routes.conf')
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.slice(0, text.length / 2))
    await rm(join(folderOf(first), 'candidate-routes.conf'), { force: true })
    await using second = await Bench.in(first.stateDir, first.port, { tier })
    assert.equal(await asked(second, 'shop.test'), 'shop')
  })
}

/** The same nginx with a test of its own. */
function bent(nginx: PutDeps['nginx'], testText: PutDeps['nginx']['test']): PutDeps['nginx'] {
  return {
    running: () => nginx.running(),
    test: testText,
    reload: () => nginx.reload(),
    generation: () => nginx.generation(),
    answersBy: (generation) => nginx.answersBy(generation),
    runs: () => nginx.runs(),
    oldWorkers: () => nginx.oldWorkers(),
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(' ').map(Number)
}
