import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { membersOf } from '../io/process-table.ts'

const MAIN = path.join(import.meta.dirname, '..', 'main.ts')

test('a busy port is named with its holder and its variable, and nothing is left behind', async () => {
  await using bench = await createBench()
  await using taken = await listen()

  const env = bench.env({ ROADSTEAD_API_PORT: String(taken.port) })
  const run = start(env, ['--engine', 'simulated'])
  const { code, err } = await ended(run)

  assert.equal(code, 1)
  assert.match(err, new RegExp(`port-busy: .*port: ${taken.port}, for: the API of master-1`))
  assert.match(
    err,
    new RegExp(`heldBy: \\S+ \\(pid ${process.pid}\\), variable: ROADSTEAD_API_PORT`),
  )
  assert.deepEqual(membersOf(run.pid ?? 0), [])
})

test('no engine is an error with a remedy before anything is started', async () => {
  await using bench = await createBench()

  const run = start(bench.env({ DOCKER_HOST: 'unix:///nonexistent/docker.sock' }))
  const { code, err } = await ended(run)

  assert.equal(code, 6)
  assert.match(err, /engine-unreachable.*\n→ Start it, or set DOCKER_HOST/)
  assert.ok(!fs.existsSync(path.join(bench.dir, 'logs')))
})

test('two of them in one state directory are refused, and an interrupted start ends all', async () => {
  await using bench = await createBench()
  await using nats = await listen()
  // A NATS that never answers keeps it waiting at a known point.
  const env = bench.env({ ROADSTEAD_NATS_URL: `nats://127.0.0.1:${nats.port}` })
  const first = start(env, ['--engine', 'simulated'])
  await outputUntil(first, /users/)

  const second = await ended(start(env, ['--engine', 'simulated']))
  first.kill('SIGTERM')
  const { code } = await ended(first)

  assert.equal(second.code, 5)
  assert.match(second.err, new RegExp(`state-locked.*pid: ${first.pid}`))
  assert.equal(code, 130)
  assert.deepEqual(fs.readdirSync(path.join(bench.dir, 'pids')), [])
})

async function createBench() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'rs-up-'))
  const [nats, visitors, api] = await freePorts()
  return {
    dir,
    env: (over: Readonly<Record<string, string>>) => ({
      PATH: process.env['PATH'] ?? '',
      ROADSTEAD_STATE_DIR: dir,
      ROADSTEAD_NATS_PORT: String(nats),
      ROADSTEAD_API_PORT: String(api),
      ROADSTEAD_HTTP_PORT: String(visitors),
      ...over,
    }),
    [Symbol.asyncDispose]: async () => fs.rmSync(dir, { recursive: true, force: true }),
  }
}

function start(env: Readonly<Record<string, string>>, flags: readonly string[] = []) {
  return spawn(process.execPath, [MAIN, 'up', ...flags], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
}

type Run = ReturnType<typeof start>

async function ended(run: Run): Promise<{ code: number | null; err: string }> {
  let err = ''
  run.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  run.stdout.resume()
  if (run.exitCode === null) await once(run, 'close')
  return { code: run.exitCode, err }
}

async function outputUntil(run: Run, pattern: RegExp): Promise<void> {
  let text = ''
  for await (const chunk of run.stdout.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    if (pattern.test(text)) return
  }
  throw new Error(`ended before it printed ${String(pattern)}: ${text}`)
}

async function listen(wanted = 0): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => sockets.add(socket))
  server.listen(wanted, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

/**
 * The last is the first of two that are free beside each other, as the masters want them. All are
 * below those that the kernel gives to connections by itself, so none is taken away meanwhile.
 */
async function freePorts(): Promise<readonly [number, number, number]> {
  const first = 12_000 + Math.floor(Math.random() * 20_000)
  try {
    for (const port of [first, first + 1, first + 2, first + 3]) {
      await using _free = await listen(port)
    }
    return [first, first + 1, first + 2]
  } catch {
    return freePorts()
  }
}
