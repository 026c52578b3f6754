/**
 * The ways to an engine on another machine: TCP with both certificates, and SSH. Real: a Docker Engine
 * that listens with `--tlsverify` and an sshd, both in the network of a host of their own, and the
 * system's ssh. What a server with a wrong certificate says is played by a server of Node's.
 */
import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import path from 'node:path'
import { test } from 'node:test'
import { DockerEngine } from '@roadstead/agent/io/engine.ts'
import { type Way, wayOverTcp, wayOverTls } from '@roadstead/agent/io/engine-way.ts'
import { SshTunnel } from '@roadstead/agent/io/ssh-tunnel.ts'
import { keepTunnel } from '@roadstead/agent/loops/keep-tunnel.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { seededRandom } from '@roadstead/shared/kernel/random.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { EngineAddress } from '@roadstead/shared/protocol/engine-address.ts'
import { type Authority, makeAuthority } from '../rig/certificates.ts'
import { endRun } from '../rig/end-run.ts'
import { Engine } from '../rig/engine.ts'
import { eventually } from '../rig/eventually.ts'
import { whoamiImage } from '../rig/image/whoami.ts'
import { Lan, type LanHost } from '../rig/lan.ts'
import { RunFolder } from '../rig/run-folder.ts'
import { type SshServer, startSshServer } from '../rig/ssh-server.ts'

const TLS_PORT = 2376
const SOON = { withinMs: 10_000 }
const never = new AbortController().signal

test('an engine elsewhere is reached over TCP by whoever has its certificates', async (t) => {
  await using there = await openFolder()
  const { folder, lan } = there
  const authority = await makeAuthority(folder.folder('authority'))
  const host = await lan.plugIn()
  const engine = await startWithTls(host, folder, authority)
  const client = folder.folder('client')
  await authority.issue(client, { kind: 'client' })

  await t.test('all that an agent asks is answered, and events come', async () => {
    using docker = new DockerEngine(wayOverTls(host.address, TLS_PORT, client), () => 0)
    await docker.ping(never)
    await docker.negotiate(never)
    const events = await docker.events('0', never)
    const id = await engine.run('over-tls')
    assert.deepEqual(
      (await docker.listContainers(never)).map(({ Id }) => Id),
      [id],
    )
    await eventually(
      'its start is told',
      () => events.drain().lines.some(({ text }) => text.includes('"start"')),
      SOON,
    )
  })

  await t.test(
    'without a certificate that it knows, the engine refuses, and that is said',
    async () => {
      const strangers = await makeAuthority(folder.folder('strangers'))
      const stranger = folder.folder('stranger')
      await strangers.issue(stranger, { kind: 'client' })
      // It believes the engine all the same, so the refusal is the engine's.
      await authority.issue(folder.folder('expired'), { kind: 'client', days: -1 })
      const ca = readFileSync(path.join(client, 'ca.pem'))
      writeFileSync(path.join(stranger, 'ca.pem'), ca)
      const refusal = await refusalOf(wayOverTls(host.address, TLS_PORT, stranger))
      assert.match(refusal, /^engine-certificate: the engine refuses cert\.pem: /)
      const late = await refusalOf(
        wayOverTls(host.address, TLS_PORT, path.join(folder.path, 'expired')),
      )
      assert.match(late, /^engine-certificate: the engine refuses cert\.pem: /)
    },
  )

  await t.test('without TLS it gives no answer that passes for one', async () => {
    const refusal = await refusalOf(wayOverTcp(host.address, TLS_PORT))
    assert.match(refusal, /^engine-(?:answer|unreachable)/)
  })

  await t.test('a file that is missing is named', async () => {
    const empty = folder.folder('empty')
    const refusal = await refusalOf(wayOverTls(host.address, TLS_PORT, empty))
    assert.match(refusal, /^engine-certificate: .*empty\/ca\.pem cannot be read: ENOENT/)
  })

  await t.test('renewed files count from the next connection on', async () => {
    const renewed = folder.folder('renewed')
    await authority.issue(renewed, { kind: 'client', days: -1 })
    using docker = new DockerEngine(wayOverTls(host.address, TLS_PORT, renewed), () => 0)
    await assert.rejects(docker.ping(never), /cert\.pem/)
    await authority.issue(renewed, { kind: 'client' })
    await docker.ping(never)
  })
})

test('an engine with a certificate that proves nothing is not spoken to', async (t) => {
  await using there = await openFolder()
  const { folder } = there
  const authority = await makeAuthority(folder.folder('authority'))
  const others = await makeAuthority(folder.folder('others'))
  const client = folder.folder('client')
  await authority.issue(client, { kind: 'client' })
  const here = ['127.0.0.1']
  const cases: readonly [string, Authority, Parameters<Authority['issue']>[1], RegExp][] = [
    [
      'one that has expired',
      authority,
      { kind: 'server', addresses: here, days: -1 },
      /has expired/,
    ],
    ['one of somebody else', others, { kind: 'server', addresses: here }, /ca\.pem did not sign/],
    [
      'one for another address',
      authority,
      { kind: 'server', addresses: ['10.9.9.9'] },
      /other names/,
    ],
    ['one of a client', authority, { kind: 'client', addresses: here }, /not for servers/],
  ]
  for (const [what, signer, holder, words] of cases) {
    await t.test(what, async () => {
      const own = folder.folder(what.replaceAll(' ', '-'))
      await signer.issue(own, holder)
      await using server = await tlsServer(own)
      const refusal = await refusalOf(wayOverTls('127.0.0.1', server.port, client))
      assert.match(refusal, /^engine-certificate: /)
      assert.match(refusal, words)
      assert.equal(server.requests(), 0)
    })
  }
})

test('an engine elsewhere is reached over SSH, by the system’s own ssh', async (t) => {
  await using there = await openFolder()
  const { folder, lan } = there
  const host = await lan.plugIn()
  const engine = await Engine.start('over-ssh', host, folder, await whoamiImage())
  const server = await startSshServer('gamma', host, folder)
  const url = `ssh://gamma${engine.socket}`

  await t.test('all that an agent asks is answered, over one connection', async () => {
    await using way = await openTunnel(folder, server, url)
    using docker = new DockerEngine(way.tunnel, () => 0)
    await way.answers(docker)
    await docker.negotiate(never)
    const id = await engine.run('over-ssh')
    const asked = Array.from({ length: 50 }, () => docker.listContainers(never))
    for (const list of await Promise.all(asked))
      assert.deepEqual(
        list.map(({ Id }) => Id),
        [id],
      )
  })

  await t.test('a connection that is cut is opened again', async () => {
    await using way = await openTunnel(folder, server, url)
    using docker = new DockerEngine(way.tunnel, () => 0)
    await way.answers(docker)
    process.kill(way.pid(), 'SIGKILL')
    await assert.rejects(docker.ping(never), RoadsteadError)
    await way.answers(docker)
  })

  await t.test('one that hangs is ended, and opened again', async () => {
    await using way = await openTunnel(folder, server, url)
    using docker = new DockerEngine(way.tunnel, () => 0)
    await way.answers(docker)
    const hung = way.pid()
    process.kill(hung, 'SIGSTOP')
    way.state.engine.state = 'unreachable'
    await way.answers(docker, 40_000)
    assert.notEqual(way.pid(), hung)
  })

  await t.test('one that a killed agent left is ended by its next life', async () => {
    const way = await openTunnel(folder, server, url)
    const left = way.pid()
    await using next = await openTunnel(folder, server, url, way.home)
    using docker = new DockerEngine(next.tunnel, () => 0)
    await next.answers(docker)
    assert.notEqual(next.pid(), left)
    await way[Symbol.asyncDispose]()
  })

  await t.test('a host that nobody vouches for is refused, in the words of ssh', async () => {
    const config = path.join(folder.path, 'sshd-gamma', 'known_hosts')
    const known = readFileSync(config)
    rmSync(config)
    await using way = await openTunnel(folder, server, url)
    const words = await eventually('ssh gave up', () => way.tunnel.trouble(), SOON)
    assert.match(words, /Host key verification failed/)
    assert.match(await refusalOf(way.tunnel), /^engine-ssh: Host key verification failed/)
    writeFileSync(config, known)
  })

  await t.test('a socket that is not there is named by the other end', async () => {
    await using way = await openTunnel(folder, server, 'ssh://gamma/nowhere/docker.sock')
    const refusal = await eventually(
      'ssh is through',
      async () => {
        const said = await refusalOf(way.tunnel)
        return said.includes('open failed') ? said : undefined
      },
      SOON,
    )
    assert.match(refusal, /^engine-ssh: channel \d+: open failed: /)
  })
})

async function openFolder() {
  const folder = new RunFolder()
  const dispose = (): Promise<void> => endRun(folder.path)
  try {
    return { folder, lan: await Lan.make(folder), [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

async function startWithTls(
  host: LanHost,
  folder: RunFolder,
  authority: Authority,
): Promise<Engine> {
  const own = folder.folder('server')
  await authority.issue(own, { kind: 'server', addresses: [host.address] })
  const options = [
    `--host=tcp://${host.address}:${TLS_PORT}`,
    '--tlsverify',
    ...['cacert=ca', 'cert=cert', 'key=key'].map((part) => {
      const [option, file] = part.split('=')
      return `--tls${option}=${path.join(own, `${file}.pem`)}`
    }),
  ]
  return Engine.start('over-tls', host, folder, await whoamiImage(), { more: options })
}

/** The code and the words with which a ping fails. */
async function refusalOf(way: Way): Promise<string> {
  using docker = new DockerEngine(way, () => 0)
  try {
    await docker.ping(never)
    return 'answered'
  } catch (error) {
    assert.ok(error instanceof RoadsteadError)
    return `${error.code}: ${String(error.facts['why'] ?? '')}`
  }
}

async function tlsServer(folder: string) {
  const file = (name: string): Buffer => readFileSync(path.join(folder, name))
  let requests = 0
  const server = createServer({ cert: file('cert.pem'), key: file('key.pem') }, (_, reply) => {
    requests += 1
    reply.end('OK')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return {
    port: address.port,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** A tunnel that is kept open, as the agent does it. */
async function openTunnel(folder: RunFolder, server: SshServer, url: string, home?: string) {
  const own = home ?? folder.folder(`tunnel-${(tunnels += 1)}`)
  const address = EngineAddress.parse(url)
  assert.ok(address.kind === 'ssh')
  const parts = { name: url, address, config: server.clientConfig, folder: own, clock }
  const tunnel = await SshTunnel.open(parts)
  const stop = new AbortController()
  const state: { engine: { state: 'answering' | 'unreachable' } } = {
    engine: { state: 'answering' },
  }
  const kept = keepTunnel({ tunnel, state, clock, random: seededRandom(1), log }, stop.signal)
  return {
    tunnel,
    state,
    home: own,
    pid: () => Number(readFileSync(path.join(own, 'ssh.pid'), 'utf8')),
    answers: (docker: DockerEngine, withinMs = 10_000) =>
      eventually(
        'the engine answers',
        () =>
          docker.ping(never).then(
            () => true,
            () => undefined,
          ),
        { withinMs },
      ),
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await kept
      await tunnel[Symbol.asyncDispose]()
    },
  }
}

let tunnels = 0
