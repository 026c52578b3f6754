import assert from 'node:assert/strict'
import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { AttachedBench, OperatorsNginx } from '../testing/attached-bench.ts'
import { eventually, webServer } from '../testing/bench.ts'
import { endpoint, route, service, table } from '../testing/tables.ts'

const one = (port: number, name = 'shop.test') =>
  table([service('web', endpoint(port))], [route(name, 'web')])

test('an include that the main file names: tested before, served beside what was there', async () => {
  await using nginx = await OperatorsNginx.start('name')
  await using web = await webServer('web')
  await using edge = await AttachedBench.start(nginx)
  await edge.apply(one(web.port))
  await eventually(async () => (await nginx.get('shop.test')).headers['x-by'] === 'web')
  assert.equal((await nginx.get('his.test')).body, 'his own')
  assert.equal((await nginx.get('nobody.test')).body, 'his own', 'his default server stays it')
  assert.equal(edge.opened.nginx.afterSwap, undefined)
  const beside = await readdir(nginx.folder)
  assert.deepEqual(
    beside.filter((name) => name.startsWith('.roadstead')),
    [],
  )
})

test('what passes through is as in an nginx of our own, whatever the operator says for his', async () => {
  await using nginx = await OperatorsNginx.start('name')
  await using web = await webServer('web')
  await using edge = await AttachedBench.start(nginx)
  await edge.apply(
    table(
      [service('web', endpoint(web.port))],
      [route('shop.test', 'web'), route('shop.test/api', 'web', { stripPrefix: true })],
    ),
  )
  await eventually(async () => (await nginx.get('shop.test')).headers['x-by'] === 'web')
  const { body } = await nginx.get('shop.test', '/api/x')
  assert.match(body, /"url":"\/x"/)
  assert.match(body, /"host":"shop\.test:\d+"|"host":"shop\.test"/)
  assert.match(body, /"x-forwarded-prefix":"\/api"/)
})

test('a pattern: tested after the swap, and a text that is refused leaves what was before', async () => {
  await using nginx = await OperatorsNginx.start('pattern')
  await using web = await webServer('web')
  await using edge = await AttachedBench.start(nginx)
  await edge.apply(one(web.port))
  await eventually(async () => (await nginx.get('shop.test')).headers['x-by'] === 'web')
  assert.equal(edge.opened.told().afterSwap, 'the main file does not name the include file itself')
  const inForce = await nginx.read()
  // A name that fits into no bucket of this operator's table.
  const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(20)}.test`
  const two = table(
    [service('web', endpoint(web.port))],
    [route('shop.test', 'web'), route(long, 'web')],
  )
  await edge.apply(two)
  assert.equal([...edge.state.quarantine.values()][0]?.route.domain, long)
  assert.match([...edge.state.quarantine.values()][0]?.reason ?? '', /table of names/)
  assert.equal(await nginx.read(), inForce)
  assert.equal((await nginx.get('shop.test')).status, 200)
})

test("while the operator's own file is broken, routes wait, and nothing is signalled", async () => {
  await using nginx = await OperatorsNginx.start('name')
  await using web = await webServer('web')
  await using edge = await AttachedBench.start(nginx)
  await edge.apply(one(web.port))
  const before = await nginx.read()
  await nginx.write('include conf.d/zz-roadstead.conf;', 'no_such_directive on;')
  await edge.apply(one(web.port, 'next.test'))
  const { outcome } = edge.state
  assert.equal(outcome.kind === 'rejected' && outcome.reason, 'test-failed')
  const shows = `nginx -t -c ${nginx.main}, as the user of this edge, shows why`
  assert.ok(outcome.kind === 'rejected' && outcome.detail.includes(shows))
  assert.equal(edge.state.quarantine.size, 0)
  assert.equal(await nginx.read(), before)
  await nginx.write('include conf.d/zz-roadstead.conf;')
  await eventually(async () => (await nginx.get('next.test')).headers['x-by'] === 'web', 30_000)
})

test('a main file without the line: told with the line, and his nginx is left in peace', async () => {
  await using nginx = await OperatorsNginx.start('name')
  await nginx.write('')
  await nginx.reload()
  await using web = await webServer('web')
  await using edge = await AttachedBench.start(nginx)
  const reloads = await nginx.reloads()
  await edge.apply(one(web.port))
  const { outcome } = edge.state
  const line = `write "include ${nginx.include};" at the end of http { } in ${nginx.main}`
  assert.ok(outcome.kind === 'rejected' && outcome.reason === 'test-failed')
  assert.ok(outcome.detail.includes(line), outcome.detail)
  assert.equal(await nginx.reloads(), reloads)
  assert.equal(await nginx.read(), '')
  await nginx.write('include conf.d/zz-roadstead.conf;')
  await eventually(async () => (await nginx.get('shop.test')).headers['x-by'] === 'web', 30_000)
})

test('the nginx is stopped and started again: routes wait, then are served', async () => {
  await using nginx = await OperatorsNginx.start('name')
  await using web = await webServer('web')
  await using edge = await AttachedBench.start(nginx)
  await edge.apply(one(web.port))
  await nginx.end()
  await eventually(() => !edge.opened.nginx.running())
  assert.equal(edge.opened.told().absent, `no nginx has the id in ${nginx.pidFile}`)
  await edge.apply(one(web.port, 'next.test'))
  const { outcome } = edge.state
  assert.equal(outcome.kind === 'rejected' && outcome.reason, 'nginx-down')
  await nginx.begin()
  await eventually(async () => (await nginx.get('next.test')).headers['x-by'] === 'web', 20_000)
  await eventually(() => edge.state.outcome.kind === 'applied', 20_000)
})

test('a killed nginx starts again on our file: nothing of ours keeps it from that', async () => {
  await using nginx = await OperatorsNginx.start('name')
  await using web = await webServer('web')
  await using edge = await AttachedBench.start(nginx)
  await edge.apply(one(web.port))
  await edge.abandon()
  const master = await nginx.pid()
  const children = await readFile(`/proc/${master}/task/${master}/children`, 'utf8')
  const pids = [master, ...children.split(' ').filter(Boolean).map(Number)]
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  await eventually(async () => (await nginx.get('his.test').catch(() => undefined)) === undefined)
  await nginx.begin()
  assert.equal((await nginx.get('shop.test')).headers['x-by'], 'web')
})

test('after tables without routes his nginx passes its own test, and starts', async () => {
  await using nginx = await OperatorsNginx.start('name')
  await using web = await webServer('web')
  await using first = await AttachedBench.start(nginx)
  await first.apply(one(web.port))
  await first.apply(table([], []))
  await eventually(() => first.state.kept?.generation === first.state.inForce?.generation)
  await first.abandon()
  // Its next life has no text with a server any more, neither in force nor before it.
  await using second = await AttachedBench.start(nginx, first.stateDir)
  await second.apply(table([], []))
  const { ended, output } = await nginx.test()
  assert.equal(ended, 'well', output)
  await second.abandon()
  await nginx.end()
  await nginx.begin()
  assert.equal((await nginx.get('his.test')).body, 'his own')
})

test('an edge that comes back takes over what runs, without a reload', async () => {
  await using nginx = await OperatorsNginx.start('name')
  await using web = await webServer('web')
  await using first = await AttachedBench.start(nginx)
  await first.apply(one(web.port))
  await eventually(() => first.state.kept?.generation === first.state.inForce?.generation)
  await first.abandon()
  const before = await nginx.read()
  await using second = await AttachedBench.start(nginx, first.stateDir)
  await eventually(() => second.state.outcome.kind === 'applied')
  assert.equal(second.state.reloads, 0)
  assert.equal(await nginx.read(), before)
})

test('an edge that was killed while a candidate was on trial puts back what was there', async () => {
  await using nginx = await OperatorsNginx.start('pattern')
  await using web = await webServer('web')
  await using first = await AttachedBench.start(nginx)
  await first.apply(one(web.port))
  await first.abandon()
  const before = await nginx.read()
  await writeFile(join(first.stateDir, 'nginx', 'before-trial.conf'), before)
  await writeFile(nginx.include, '# Written by roadstead-edge; edits are lost.\nbroken')
  await using second = await AttachedBench.start(nginx, first.stateDir)
  assert.equal(await nginx.read(), before)
  await eventually(() => second.state.outcome.kind === 'applied')
})

test("a file of the operator's is never overwritten", async () => {
  await using nginx = await OperatorsNginx.start('name')
  await writeFile(nginx.include, 'server { listen 1; }\n')
  await assert.rejects(AttachedBench.start(nginx), { code: 'bad-config' })
  assert.equal(await nginx.read(), 'server { listen 1; }\n')
})

test('a name that another server has as well is told', async () => {
  await using nginx = await OperatorsNginx.start('name')
  await using web = await webServer('web')
  await using edge = await AttachedBench.start(nginx)
  const both = table(
    [service('web', endpoint(web.port))],
    [route('his.test', 'web'), route('shop.test', 'web')],
  )
  await edge.apply(both)
  assert.deepEqual(edge.opened.told().conflicts, ['his.test'])
  assert.equal((await nginx.get('his.test')).body, 'his own')
  await edge.apply(one(web.port))
  assert.equal(edge.opened.told().conflicts, undefined)
})

test('what somebody else has it read instead is noticed, and brought back', async () => {
  await using nginx = await OperatorsNginx.start('name')
  await using web = await webServer('web')
  await using edge = await AttachedBench.start(nginx)
  await edge.apply(one(web.port))
  const before = await nginx.read()
  await writeFile(nginx.include, '')
  await nginx.reload()
  await eventually(async () => (await nginx.read()) === before, 20_000)
  await eventually(async () => (await nginx.get('shop.test')).headers['x-by'] === 'web')
})

test('two files in one folder, for two edges: neither takes anything from the other', async () => {
  await using nginx = await OperatorsNginx.start('name')
  await using neighbour = await OperatorsNginx.start('name')
  const include = join(nginx.folder, 'conf.d', 'yy-roadstead.conf')
  await neighbour.write(`include ${include};`)
  const { port, main, pidFile } = neighbour
  await using web = await webServer('web')
  await using edge = await AttachedBench.start(nginx)
  await using other = await AttachedBench.start({ include, port, main, pidFile })
  await edge.apply(one(web.port))
  for (const name of ['a.test', 'b.test']) await other.apply(one(web.port, name))
  assert.equal((await nginx.test()).ended, 'well')
  await edge.apply(one(web.port, 'next.test'))
  assert.equal((await neighbour.test()).ended, 'well')
  assert.equal((await nginx.get('next.test')).headers['x-by'], 'web')
  assert.equal((await neighbour.get('b.test')).headers['x-by'], 'web')
})

test('detached: an emptied file and a reload leave nothing of ours', async () => {
  await using nginx = await OperatorsNginx.start('name')
  await using web = await webServer('web')
  await using edge = await AttachedBench.start(nginx)
  await edge.apply(one(web.port))
  await edge.abandon()
  await writeFile(nginx.include, '')
  await rm(join(nginx.folder, 'conf.d', '.roadstead-zz-roadstead.conf'), { recursive: true })
  await nginx.reload()
  await eventually(async () => (await nginx.get('shop.test')).body === 'his own')
})

test('a table is quiet when replaced workers of that nginx have ended what they had', async () => {
  await using nginx = await OperatorsNginx.start('name')
  const held = Promise.withResolvers<void>()
  await using slow = await webServer('slow', (_request, response) => {
    response.write('begun')
    void held.promise.then(() => response.end())
  })
  await using web = await webServer('web')
  await using edge = await AttachedBench.start(nginx)
  await edge.apply(one(slow.port))
  const { quiet } = edge.state.quietBook
  const under = nginx.get('shop.test')
  await eventually(async () => connectionsTo(slow.server))
  await edge.apply(one(web.port))
  await eventually(() => [...edge.state.quietBook.leaving.values()].some((it) => it.requests > 0))
  held.resolve()
  assert.equal((await under).body, 'begun')
  await eventually(() => edge.state.quietBook.quiet !== quiet)
  await eventually(() => edge.state.quietBook.leaving.size === 0)
})

test('an edited file is reported', async () => {
  await using nginx = await OperatorsNginx.start('name')
  await using web = await webServer('web')
  await using edge = await AttachedBench.start(nginx)
  await edge.apply(one(web.port))
  await appendFile(nginx.include, '# by hand\n')
  const edited = await edge.opened.files.editedFiles(edge.state.inForce?.file)
  assert.deepEqual(edited, ['zz-roadstead.conf'])
})

function connectionsTo(server: Server): Promise<boolean> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count > 0)))
}
