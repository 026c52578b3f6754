import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { systemClock } from '@roadstead/shared/kernel/clock.ts'
import { systemRandom } from '@roadstead/shared/kernel/random.ts'
import { readPidRecords } from '../io/pid-record.ts'
import { readProcess } from '../io/process-table.ts'
import { roleLog } from '../io/role-log.ts'
import { eventually } from '../testing/eventually.ts'
import { endLeftovers } from './end-leftovers.ts'
import { Roles } from './roles.ts'
import type { RoleNews, RolePlan } from './run-role.ts'

/** Runs until asked to stop; tells when it is ready for that. */
const OBEDIENT = `
  process.on('SIGTERM', () => process.exit(0)); console.log('ready'); setInterval(() => {}, 1000)`
/** Starts a child of its own, as an edge does with nginx, and leaves it behind. */
const WITH_CHILD = `
  const { spawn } = require('node:child_process')
  const child = spawn('sleep', ['600'], { stdio: 'ignore' })
  console.log('child ' + child.pid)${OBEDIENT}`
/** Does not listen, and its child neither. */
const DEAF = `process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000)`

test('a role that dies is started again, and its last words are told', async () => {
  await using bench = createBench()
  bench.roles.start(bench.plan('short', `console.error('out of luck'); process.exit(3)`))

  const news = await eventually(() => bench.news.filter(({ kind }) => kind === 'ended')[1])

  assert.ok(news.kind === 'ended')
  assert.equal(news.how, 'ended with 3')
  assert.equal(news.lastLines.at(-1), 'out of luck')
  assert.ok(news.againMs >= 200 && news.againMs <= 5_000, String(news.againMs))
})

test('stopping ends the roles in the opposite order of their start', async () => {
  const bench = createBench()
  const order: string[] = []
  const words = (name: string): string =>
    `require('fs').appendFileSync(${JSON.stringify(bench.file('order'))}, '${name}\\n');`
  for (const name of ['first', 'second', 'third']) {
    const script = `process.on('SIGTERM', () => { ${words(name)} process.exit(0) });
      console.log('ready'); setInterval(() => {}, 1000)`
    bench.roles.start(bench.plan(name, script))
    await eventually(() => bench.logOf(name).includes('ready') || undefined)
  }

  await bench[Symbol.asyncDispose](() =>
    order.push(...fs.readFileSync(bench.file('order'), 'utf8').trim().split('\n')),
  )

  assert.deepEqual(order, ['third', 'second', 'first'])
})

test('what a dead role had started goes on, and ends with the stop', async () => {
  const bench = createBench()
  bench.roles.start(bench.plan('parent', WITH_CHILD))
  const child = await eventually(() => numberAfter('child', bench.logOf('parent')))
  const first = pidOf(bench.news)

  process.kill(first, 'SIGKILL')
  await eventually(() => (pidOf(bench.news) === first ? undefined : true))
  assert.ok(readProcess(child) !== undefined, 'it serves on')
  await bench[Symbol.asyncDispose]()

  assert.equal(readProcess(child), undefined)
  assert.equal(readProcess(pidOf(bench.news)), undefined)
  assert.equal(readProcess(first), undefined)
})

test('a second request to stop kills at once what does not listen', async () => {
  const bench = createBench()
  bench.roles.start(bench.plan('deaf', DEAF))
  await eventually(() => bench.logOf('deaf').includes('ready') || undefined)
  const pid = pidOf(bench.news)
  const startedAt = performance.now()

  bench.hurry.abort()
  await bench[Symbol.asyncDispose]()

  assert.equal(readProcess(pid), undefined)
  assert.ok(performance.now() - startedAt < 2_000)
})

test('what a killed run left is ended by the next one, and nothing else is', async () => {
  await using bench = createBench()
  const other = spawn('sleep', ['600'], { stdio: 'ignore', detached: true })
  await using _other = { [Symbol.asyncDispose]: () => endOf(other) }
  const run = spawnRun(bench.dir, WITH_CHILD)
  const child = await eventually(() => numberAfter('child', bench.logOf('left')))
  run.kill('SIGKILL')
  await once(run, 'exit')
  const pids = readPidRecords(bench.file('pids')).map(({ pid }) => pid)
  assert.ok(pids.length === 1 && readProcess(pids[0] ?? 0) !== undefined)
  // A record whose process id belongs to somebody else by now.
  const stale = { role: 'stale', pid: other.pid, startTicks: 1, bootId: currentBoot() }
  fs.writeFileSync(path.join(bench.file('pids'), `stale.${other.pid}.json`), JSON.stringify(stale))

  const ended = await endLeftovers(bench.deps, bench.file('pids'))

  assert.deepEqual(ended, [`left (pid ${pids[0]})`])
  assert.equal(readProcess(pids[0] ?? 0), undefined)
  assert.equal(readProcess(child), undefined)
  assert.ok(readProcess(other.pid ?? 0) !== undefined, 'a stranger is left alone')
  assert.deepEqual(fs.readdirSync(bench.file('pids')), [])
})

/** Another process that supervises one role, as `up` does, and can be killed. */
function spawnRun(dir: string, script: string): ChildProcess {
  const source = `
    import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
    import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
    import { roleLog } from ${JSON.stringify(path.join(import.meta.dirname, '../io/role-log.ts'))}
    import { Roles } from ${JSON.stringify(path.join(import.meta.dirname, 'roles.ts'))}
    const dir = ${JSON.stringify(dir)}
    const hurry = new AbortController().signal
    const roles = new Roles({ clock, random, hurry, pidDir: dir + '/pids', onNews() {} })
    roles.start({ name: 'left', command: [process.execPath, '-e', ${JSON.stringify(script)}],
      cwd: dir, env: {}, log: roleLog(dir + '/left.log') })
    setInterval(() => {}, 1000)`
  return spawn(process.execPath, ['--input-type=module-typescript', '-e', source], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}

function createBench() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roadstead-roles-'))
  const news: RoleNews[] = []
  const hurry = new AbortController()
  const file = (name: string): string => path.join(dir, name)
  const deps = {
    clock: systemClock,
    random: systemRandom,
    hurry: hurry.signal,
    pidDir: file('pids'),
    onNews: (one: RoleNews) => void news.push(one),
  }
  const roles = new Roles(deps)
  return {
    dir,
    news,
    hurry,
    deps,
    roles,
    file,
    plan: (name: string, script: string): RolePlan => ({
      name,
      command: [process.execPath, '-e', script],
      cwd: dir,
      env: { PATH: '/usr/bin:/bin' },
      log: roleLog(file(`${name}.log`)),
    }),
    logOf: (name: string): string =>
      fs.existsSync(file(`${name}.log`)) ? fs.readFileSync(file(`${name}.log`), 'utf8') : '',
    async [Symbol.asyncDispose](before: () => unknown = () => undefined) {
      await roles[Symbol.asyncDispose]()
      before()
      fs.rmSync(dir, { recursive: true, force: true })
    },
  }
}

function pidOf(news: readonly RoleNews[]): number {
  const started = news.filter((one) => one.kind === 'started').at(-1)
  return started?.pid ?? 0
}

function numberAfter(word: string, text: string): number | undefined {
  const found = new RegExp(`${word} (\\d+)`).exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}

function currentBoot(): string {
  return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
