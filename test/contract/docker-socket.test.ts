import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { openDockerSocket } from '@roadstead/agent/io/docker-socket.ts'
import { DockerEngine } from '@roadstead/agent/io/engine.ts'
import { wayToSocket } from '@roadstead/agent/io/engine-way.ts'
import { tryConnect } from '@roadstead/agent/io/prober.ts'
import { LetGo } from '@roadstead/agent/loops/let-go.ts'
import { probeReadiness } from '@roadstead/agent/loops/probe-readiness.ts'
import { watchEngine } from '@roadstead/agent/loops/watch-engine.ts'
import { aState, host, shortHash } from '@roadstead/agent/testing.ts'
import { MemoryBus } from '@roadstead/bus/memory/memory-bus.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { MasterId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { seededRandom } from '@roadstead/shared/kernel/random.ts'
import { type LetGoReply, type LetGoRequest, RunId } from '@roadstead/shared/protocol/run.ts'
import { endRun } from '../rig/end-run.ts'
import { Engine } from '../rig/engine.ts'
import { eventually } from '../rig/eventually.ts'
import { whoamiImage } from '../rig/image/whoami.ts'
import { Lan } from '../rig/lan.ts'
import { RunFolder } from '../rig/run-folder.ts'

/** The drain-aware socket before a real Docker Engine, used by Docker's own programs. */

const run = promisify(execFile)
const SOON = { withinMs: 10_000 }
const random = seededRandom(1)

async function underTest() {
  const folder = new RunFolder()
  const open = new AsyncDisposableStack()
  open.defer(() => endRun(folder.path))
  try {
    const lan = await Lan.make(folder)
    const image = await whoamiImage()
    const engine = await Engine.start('socket', await lan.plugIn(), folder, image)
    const bus = new MemoryBus(SiteId.parse('s1'), { clock, random })
    const stop = new AbortController()
    open.defer(() => stop.abort())
    const leader = { reply: undefined as LetGoReply | undefined, asked: [] as LetGoRequest[] }
    const master = bus.master(MasterId.parse('m1'))
    void master.serveLetGo(async (request) => {
      leader.asked.push(request)
      return leader.reply
    }, stop.signal)
    const state = aState()
    const docker = open.use(new DockerEngine(wayToSocket(engine.socket), () => clock.wallMs()))
    const readiness = probeReadiness(
      { connect: tryConnect, vantage: { kind: 'here' }, state, clock },
      stop.signal,
    )
    const memory = { containersBefore: 0, keepContainers: async () => undefined }
    const seen = { engine: docker, state, readiness, clock, log, hash: shortHash, random, memory }
    const about = { addresses: () => [], agentVersion: 'test', hostName: 'alpha' }
    const watching = watchEngine({ ...seen, ...about }, stop.signal)
    open.defer(() => stop.abort())
    const freshHold = (): RunId => RunId.parse(randomBytes(8).toString('hex'))
    const parts = { bus: bus.agent(host), engine: docker, state, host, freshHold, clock, log }
    const gate = new LetGo({ ...parts, limitMs: 3_000 })
    const socket = path.join(folder.path, 'drain.sock')
    open.use(
      await openDockerSocket({
        path: socket,
        enginePath: engine.socket,
        gate,
        memory: { socketBefore: '', keepSocket: async () => undefined },
        log,
      }),
    )
    await eventually('everything was seen', () => state.isComplete, SOON)
    const home = folder.folder('home')
    const env = { PATH: process.env['PATH'] ?? '', HOME: home, DOCKER_BUILDKIT: '0' }
    const through = { ...env, DOCKER_HOST: `unix://${socket}` }
    const isSeen = (name: string): Promise<unknown> =>
      eventually(`${name} was seen`, () => state.find(name)?.state === 'running', SOON)
    return {
      engine,
      image: image.tag,
      socket,
      leader,
      state,
      home,
      isSeen,
      docker: async (...args: string[]): Promise<string> =>
        (await run('docker', args, { env: through, maxBuffer: 64 * 1024 * 1024 })).stdout,
      compose: (...args: string[]) => run('docker-compose', args, { env: through, cwd: home }),
      /** With what is typed, and without a terminal. */
      typed: (text: string, program: string, ...args: string[]): Promise<string> => {
        const child = spawn(program, args, { env: through, stdio: ['pipe', 'pipe', 'inherit'] })
        let said = ''
        child.stdout.on('data', (bytes) => (said += String(bytes)))
        child.stdin.end(text)
        return new Promise((resolve) => child.on('close', () => resolve(said)))
      },
      async [Symbol.asyncDispose]() {
        stop.abort()
        await watching
        await open.disposeAsync()
      },
    }
  } catch (error) {
    await open.disposeAsync()
    throw error
  }
}

test('everything that Docker’s own programs do works through the socket', async (t) => {
  await using it = await underTest()
  const { docker, typed, image } = it
  await docker('run', '-d', '--name', 'shop', image)

  await t.test('run shows the output, passes the input, and its end', async () => {
    assert.equal(await docker('run', '--rm', image, 'sh', '-c', 'echo out'), 'out\n')
    const lines = 'line\n'.repeat(20_000)
    assert.equal(await typed(lines, 'docker', 'run', '-i', '--rm', image, 'cat'), lines)
  })

  await t.test('exec has a terminal, and passes what is typed', async () => {
    const inTerminal = `docker exec -it shop sh -c 'test -t 0 && echo tty'`
    const said = await typed('', 'script', '-qec', inTerminal, '/dev/null')
    assert.match(said, /tty/)
    const code = await run('docker', [
      '-H',
      `unix://${it.socket}`,
      'exec',
      'shop',
      'sh',
      '-c',
      'exit 7',
    ])
      .then(() => 0)
      .catch((error: { code?: number }) => error.code)
    assert.equal(code, 7)
    assert.equal(await typed('abc', 'docker', 'exec', '-i', 'shop', 'cat'), 'abc')
  })

  await t.test('attach and logs follow to the end', async () => {
    const twice = 'read a && echo $a && read b && echo $b'
    await docker('run', '-d', '-i', '--name', 'echo', image, 'sh', '-c', twice)
    const logs = docker('logs', '-f', 'echo')
    // What it shows of a container that ends meanwhile is a matter of luck, without the socket too.
    await typed('one\ntwo\n', 'docker', 'attach', 'echo')
    assert.equal(await logs, 'one\ntwo\n')
    await docker('run', '-d', '--name', 'late', image, 'sh', '-c', 'sleep 1; echo late; sleep 1')
    assert.equal(await docker('attach', '--no-stdin', 'late'), 'late\n')
  })

  await t.test('files go in and come out as they are', async () => {
    const file = path.join(it.home, 'in')
    writeFileSync(file, randomBytes(20 * 1024 * 1024))
    await docker('cp', file, 'shop:/tmp/in')
    await docker('cp', 'shop:/tmp/in', `${file}.back`)
    const digest = (name: string): string =>
      createHash('sha256').update(readFileSync(name)).digest('hex')
    assert.equal(digest(`${file}.back`), digest(file))
  })

  await t.test('images are built, saved and loaded', async () => {
    const context = path.join(it.home, 'in')
    writeFileSync(path.join(it.home, 'Dockerfile'), `FROM ${image}\nCOPY in /in\nRUN test -e /in\n`)
    await docker('build', '-t', 'built:1', it.home)
    const archive = path.join(it.home, 'image.tar')
    await docker('save', '-o', archive, 'built:1')
    await docker('rmi', 'built:1')
    assert.match(await docker('load', '-i', archive), /built:1/)
    assert.ok(readFileSync(archive).length > readFileSync(context).length)
    await docker('rmi', 'built:1')
  })

  await t.test('events and stats stream', async () => {
    const since = String(Math.floor(Date.now() / 1_000) - 1)
    await docker('pause', 'shop')
    await docker('unpause', 'shop')
    const until = String(Math.floor(Date.now() / 1_000) + 1)
    const events = await docker('events', '--since', since, '--until', until)
    assert.match(events, /container pause .*\n.*container unpause /)
    assert.match(await docker('stats', '--no-stream', 'shop'), /shop/)
  })

  await t.test('an upgrade to gRPC is answered as by the engine itself', async () => {
    const [direct, through] = await Promise.all([upgraded(it.engine.socket), upgraded(it.socket)])
    assert.match(direct, /^HTTP\/1\.1 101 /)
    assert.equal(through, direct)
  })

  await t.test('compose brings a project up, recreates it, and takes it down', async () => {
    it.leader.reply = { kind: 'go', why: 'not-routed' }
    const service = { image, init: true, labels: { 'roadstead.host': 'a.test' } }
    const project = JSON.stringify({ version: '3.8', services: { web: service } })
    writeFileSync(path.join(it.home, 'docker-compose.yml'), project)
    await it.compose('up', '-d', '--scale', 'web=2')
    await eventually('both are seen', () => [...it.state.knownIds].length >= 4, SOON)
    const first = await docker('ps', '-q', '--filter', 'label=roadstead.host')
    await it.compose('up', '-d', '--force-recreate', '--scale', 'web=2')
    const second = await docker('ps', '-q', '--filter', 'label=roadstead.host')
    assert.equal(second.trim().split('\n').length, 2)
    assert.notEqual(second, first)
    const asked = it.leader.asked.filter(({ phase }) => phase === 'ask')
    assert.equal(new Set(asked.map(({ hold }) => hold)).size, 2, JSON.stringify(asked))
    await it.compose('down')
    assert.equal(await docker('ps', '-aq', '--filter', 'label=roadstead.host'), '')
  })
})

test('what would end a routed container waits for the leader, and for nobody for ever', async (t) => {
  await using it = await underTest()
  const { docker, image, leader } = it
  const isRunning = async (name: string): Promise<boolean> =>
    (await it.engine.container(name).inspect()).State.Running
  const begin = async (name: string): Promise<void> => {
    await docker('run', '-d', '--init', '--name', name, '--label', 'roadstead.host=a.test', image)
    await it.isSeen(name)
    leader.asked.length = 0
  }

  await t.test('stop waits until it is let go', async () => {
    await begin('shop')
    leader.reply = { kind: 'wait', why: 'in flight' }
    const stopped = docker('stop', 'shop')
    await eventually('it was asked three times', () => leader.asked.length >= 3, SOON)
    assert.equal(await isRunning('shop'), true)
    leader.reply = { kind: 'go', why: 'quiet' }
    await stopped
    assert.equal(await isRunning('shop'), false)
    await eventually('it is over', () => leader.asked.at(-1)?.phase === 'over', SOON)
    assert.equal(leader.asked.at(-1)?.gaveUp, false)
  })

  await t.test('rm -f goes on at the limit, by a part of the id, and says so', async () => {
    await begin('late')
    leader.reply = { kind: 'wait', why: 'in flight' }
    it.state.outbox.drain()
    const began = clock.monoMs()
    const { Id } = await it.engine.container('late').inspect()
    await docker('rm', '-f', Id.slice(0, 9))
    assert.ok(clock.monoMs() - began > 2_500)
    const news = it.state.outbox.drain().flatMap((seen) => (seen.kind === 'news' ? seen.news : []))
    const said = news.find(({ action }) => action === 'passed-on')
    assert.deepEqual([said?.name, said?.attributes['why']], ['late', 'limit'])
  })

  await t.test('a client that gives up has stopped nothing', async () => {
    await begin('kept')
    leader.reply = { kind: 'wait', why: 'in flight' }
    const client = spawn('docker', ['-H', `unix://${it.socket}`, 'stop', 'kept'])
    await eventually('it was asked', () => leader.asked.length >= 1, SOON)
    client.kill('SIGKILL')
    await eventually('it is over', () => leader.asked.at(-1)?.phase === 'over', SOON)
    assert.equal(await isRunning('kept'), true)
  })

  await t.test('without a leader it goes on at the limit, and a kill at once', async () => {
    leader.reply = undefined
    const began = clock.monoMs()
    await docker('restart', '-t', '1', 'kept')
    // Three seconds of limit, and one of grace.
    assert.ok(clock.monoMs() - began < 8_000)
    await it.isSeen('kept')
    leader.asked.length = 0
    await docker('kill', 'kept')
    assert.deepEqual(leader.asked, [])
  })
})

/** The head of the engine's answer to an upgrade as the builder asks for it. */
function upgraded(socketPath: string): Promise<string> {
  const socket = connect(socketPath)
  socket.write('POST /grpc HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
  return new Promise((resolve, reject) => {
    let text = ''
    socket.on('error', reject)
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return
      socket.destroy()
      resolve(text.slice(0, end))
    })
  })
}
