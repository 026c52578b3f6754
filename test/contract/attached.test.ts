/**
 * An edge on an nginx that somebody runs in a container. Real: a Docker Engine in the network of a host
 * of its own, the nginx in a container with a shared folder, a container that it leads to.
 */
import assert from 'node:assert/strict'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { exchange } from '@roadstead/edge/io/exchange.ts'
import { AttachedBench } from '@roadstead/edge/testing/attached-bench.ts'
import { endpoint, route, service, table } from '@roadstead/edge/testing/tables.ts'
import { endRun } from '../rig/end-run.ts'
import { Engine } from '../rig/engine.ts'
import { eventually } from '../rig/eventually.ts'
import { type Image, whoamiImage } from '../rig/image/whoami.ts'
import { Lan } from '../rig/lan.ts'
import { RunFolder } from '../rig/run-folder.ts'

const PORT = 8088
const SEEN_AS = '/etc/nginx/roadstead'
const SOON = { withinMs: 20_000 }

test('an nginx in a container is tested, signalled and found again through its engine', async (t) => {
  const folder = new RunFolder()
  await using _run = { [Symbol.asyncDispose]: () => endRun(folder.path) }
  const host = await (await Lan.make(folder)).plugIn()
  const image = await whoamiImage()
  const engine = await Engine.start('attached', host, folder, image)
  const conf = openFolder(folder, 'conf')
  const shared = openFolder(folder, 'shared')
  const include = path.join(shared, 'routes.conf')
  writeFileSync(include, '')
  writeMain(conf)
  await create(engine, image, conf, shared)
  const web = await engine.run('web')
  const { NetworkSettings } = await engine.container(web).inspect()
  const address = NetworkSettings.Networks['bridge']?.IPAddress
  const one = (name: string) =>
    table([service('web', endpoint(80, 'alpha', address))], [route(name, 'web')])
  const get = (name: string) =>
    exchange({ host: host.address, port: PORT }, `GET / HTTP/1.0\r\nHost: ${name}\r\n\r\n`)
  const where = { include, port: PORT, address: host.address, main: '/etc/nginx/nginx.conf' }
  const there = { ...where, container: 'front', seenAs: SEEN_AS, engine: engine.socket }
  await using edge = await AttachedBench.start(there)

  await t.test('a route is served beside what was there', async () => {
    await edge.apply(one('shop.test'))
    await eventually(
      'the container',
      async () => (await get('shop.test')).includes('web GET /'),
      SOON,
    )
    assert.match(await get('his.test'), /his own/)
    assert.match(edge.opened.nginx.version, /^\d+\.\d+\.\d+$/)
    assert.match(edge.opened.told().afterSwap ?? '', /container/)
  })

  await t.test('a table becomes quiet although nobody sees its connections', async () => {
    const { inForce } = edge.state
    await eventually('quiet', () => edge.state.quietBook.quiet === inForce?.stamp, SOON)
  })

  await t.test('while the main file is broken nothing changes, and it says so', async () => {
    const before = readFileSync(include, 'utf8')
    writeMain(conf, 'no_such_directive on;')
    try {
      await edge.apply(one('next.test'))
      const { outcome } = edge.state
      assert.ok(outcome.kind === 'rejected' && outcome.reason === 'test-failed')
      assert.match(outcome.detail, /docker exec front nginx -t -c \/etc\/nginx\/nginx\.conf/)
      assert.equal(readFileSync(include, 'utf8'), before)
      assert.match(await get('shop.test'), /web GET/)
    } finally {
      writeMain(conf)
    }
    await eventually('the route', async () => (await get('next.test')).includes('web GET /'), SOON)
  })

  await t.test('without the line in its main file it is told what to write there', async () => {
    writeMain(conf, '', '')
    try {
      await engine.container('front').kill({ signal: 'HUP' })
      await eventually('gone', async () => !(await get('next.test')).includes('web GET'), SOON)
      const wanted = 'write "include /etc/nginx/roadstead/routes.conf;" at the end of http { }'
      const isTold = ({ outcome } = edge.state) =>
        outcome.kind === 'rejected' && outcome.detail.includes(wanted)
      await eventually('told', () => isTold(), SOON)
    } finally {
      writeMain(conf)
    }
    await eventually('the route', async () => (await get('next.test')).includes('web GET'), SOON)
    await eventually('in force', () => edge.state.outcome.kind === 'applied', SOON)
  })

  await t.test('while it is stopped routes wait; made anew, it is found by its name', async () => {
    await engine.remove('front')
    // A look may fall between its end and its removal, and the next one is a second away.
    const isGone = () => edge.opened.told().absent === 'there is no container front'
    await eventually('it is told that it is gone', isGone, SOON)
    await edge.apply(one('last.test'))
    const { outcome } = edge.state
    assert.equal(outcome.kind === 'rejected' && outcome.reason, 'nginx-down')
    await create(engine, image, conf, shared)
    await eventually('the route', async () => (await get('last.test')).includes('web GET /'), SOON)
    await eventually('in force', () => edge.state.outcome.kind === 'applied', SOON)
  })
})

function openFolder(folder: RunFolder, name: string): string {
  const made = folder.folder(name)
  // Workers in the container run as somebody else.
  chmodSync(made, 0o755)
  return made
}

function writeMain(folder: string, more = '', include = `include ${SEEN_AS}/*.conf;`): void {
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const text = `worker_processes 2;
daemon off;
user nobody nogroup;
error_log stderr warn;
pid /tmp/nginx.pid;
events { worker_connections 512; }
http {
  access_log off;
  ${temp.map((name) => `${name}_temp_path /tmp/${name};`).join('\n  ')}
  server {
    listen ${PORT} default_server;
    location / { return 200 "his own\\n"; }
    ${more}
  }
  ${include}
}
`
  writeFileSync(path.join(folder, 'nginx.conf'), text)
}

async function create(engine: Engine, { tag }: Image, conf: string, shared: string): Promise<void> {
  const port = `${PORT}/tcp`
  const container = await engine.api.createContainer({
    name: 'front',
    Image: tag,
    Cmd: ['/usr/sbin/nginx'],
    ExposedPorts: { [port]: {} },
    HostConfig: {
      PortBindings: { [port]: [{ HostIp: '0.0.0.0', HostPort: String(PORT) }] },
      Binds: [`${conf}/nginx.conf:/etc/nginx/nginx.conf:ro`, `${shared}:${SEEN_AS}:ro`],
    },
  })
  await container.start()
}
