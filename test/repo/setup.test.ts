import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { ensureEngine } from '../../scripts/bootstrap/engine.mjs'
import { ROOT } from './tree.ts'

/** Says that it runs, starts a child that would outlive it, and ends in its own way when asked. */
const PROGRAM = `
import { spawn } from 'node:child_process'
const child = spawn('sleep', ['600'], { stdio: 'ignore' })
const heard = []
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {
  heard.push(signal)
  console.log(heard.join(' '))
  if (signal !== 'SIGINT') process.exit(7)
})
setInterval(() => {}, 1_000)
console.log(JSON.stringify({ node: process.versions.node, child: child.pid, args: process.argv.slice(2) }))
`

test('a program gets each signal once, its exit code is ours, and nothing of it stays', async () => {
  using setup = start(['--for', 'sources', '--exec', programFile(PROGRAM), 'a', 'b'])
  const { node, child, args } = JSON.parse(await setup.line())
  assert.ok(Number.parseInt(node, 10) >= 24, 'it runs on the Node that the lock names')
  assert.deepEqual(args, ['a', 'b'])

  setup.process.kill('SIGINT')
  setup.process.kill('SIGINT')
  assert.equal(await setup.line(), 'SIGINT', 'as from a terminal and from npm at once')
  setup.process.kill('SIGTERM')
  assert.equal(await setup.line(), 'SIGINT SIGTERM')

  assert.equal(await setup.exitCode, 7)
  assert.equal(lives(child), false, 'what the program left in its group is ended')
})

test('a program that is killed takes its children with it', async () => {
  const killed = PROGRAM.replace(
    'setInterval',
    "setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50)\n;setInterval",
  )
  using setup = start(['--for', 'sources', '--exec', programFile(killed)])
  const { child } = JSON.parse(await setup.line())

  assert.equal(await setup.exitCode, 128 + 9)
  assert.equal(lives(child), false)
})

test('where nothing can be installed, one message says what is missing', async () => {
  using setup = start(['--for', 'test', '--exec', 'never.ts'], { PATH: '/nowhere', CI: '' })

  assert.equal(await setup.exitCode, 1)
  assert.match(setup.messages(), /missing on this machine: .*docker/)
  assert.equal(setup.messages().match(/\[setup\]/g)?.length, 1)
})

test('an engine that was named and does not answer is an error, not a reason to simulate', async () => {
  const before = process.env['DOCKER_HOST']
  process.env['DOCKER_HOST'] = 'unix:///nowhere/docker.sock'
  try {
    await assert.rejects(ensureEngine('prefer'), /no Docker engine answers on unix:\/\/\/nowhere/)
  } finally {
    if (before === undefined) delete process.env['DOCKER_HOST']
    else process.env['DOCKER_HOST'] = before
  }
})

test('a word that is no task is answered with the tasks there are', async () => {
  using setup = start(['--for', 'tea'])

  assert.equal(await setup.exitCode, 2)
  assert.match(setup.messages(), /usage: .*start\|test\|setup/)
})

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ['scripts/bootstrap.mjs', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  let messages = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    messages += text
  })
  return {
    process: child,
    exitCode: once(child, 'close').then(([code]) => Number(code)),
    messages: () => messages,
    line: async () => String((await lines.next()).value),
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}

const folder = mkdtempSync(path.join(tmpdir(), 'roadstead-setup-'))
process.on('exit', () => rmSync(folder, { recursive: true }))

function programFile(text: string): string {
  const file = path.join(folder, `${text.length}.mjs`)
  writeFileSync(file, text)
  return file
}

/** A zombie does not live, though signals reach it. */
function lives(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
