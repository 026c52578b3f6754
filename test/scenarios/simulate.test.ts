/**
 * `roadstead simulate` as a person runs it: simulated hosts, real agents, masters, NATS, edge and nginx,
 * for a few seconds; and nothing of it is left when it is over.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { Api } from '../rig/api.ts'
import { endRun } from '../rig/end-run.ts'
import { eventually } from '../rig/eventually.ts'
import { freePair, freePorts } from '../rig/free-ports.ts'
import { startCli } from '../rig/parts.ts'
import { holdersOf } from '../rig/proc.ts'
import { RunFolder } from '../rig/run-folder.ts'

/** A few hosts on a machine that is busy. */
const START = { withinMs: 30_000 }

const Figures = z.object({ n: z.number(), unseen: z.number(), p99: z.number() })
const Summary = z.object({
  actions: z.number(),
  convergence: Figures,
  byChange: z.array(Figures.extend({ deed: z.string() })),
  audit: z.object({ asked: z.number(), wrong: z.array(z.string()) }),
  load: z.array(z.object({ part: z.string(), residentMb: z.number() })),
})

test('a fleet changes, guests come and go, visitors notice, and at the end nothing is left', async (t) => {
  await using simulation = await begin('--rate', '10', '--seed', '4')
  const { api, folder, running, tokenFile } = simulation
  const ownHosts = 3
  await eventually('all is in force', () => /is in force/.test(simulation.said()), START)
  const guest = { folder, url: api().url, tokenFile }

  await t.test('a guest that is killed leaves its hosts', async () => {
    const killed = guestOf(guest, 'killed')
    await eventually('its containers are served', async () => (await guestsAt(api())) === 6, START)
    process.kill(killed.pid, 'SIGKILL')
    await killed.finished
    assert.equal((await api().hosts()).length, ownHosts + 1)
  })

  await t.test(
    'a simulation of its own, which finds its ports taken, does not forget them',
    async () => {
      const env = {
        ROADSTEAD_STATE_DIR: folder.folder('guest'),
        ROADSTEAD_API_PORT: new URL(api().url).port,
      }
      const own = startCli(folder, 'own', ['simulate', '--hosts', '1', '--containers', '1'], env)
      const { code } = await own.finished
      assert.equal(code, 1, own.tail())
      assert.match(own.tail(), /hosts remove --server/)
    },
  )

  await t.test('the next takes them out, measures, and goes without a trace', async () => {
    const next = guestOf(guest, 'next', '--for', '2s', '-o', 'json')
    const { code } = await next.finished
    assert.equal(code, 0, next.tail())
    assert.equal((await api().hosts()).length, ownHosts)
    assert.equal(await guestsAt(api()), 0)
    assert.deepEqual(holdersOf(path.join(folder.path, 'guest')), [])
  })

  process.kill(running.pid, 'SIGTERM')
  const { code } = await running.finished
  assert.equal(code, 0, running.tail())
  const summary = simulation.summary()
  assert.ok(summary.actions >= 40, `${summary.actions} changes`)
  assert.ok(summary.convergence.n >= 20, `${summary.convergence.n} seen`)
  assert.ok(summary.byChange.some(({ deed }) => deed === 'restart'))
  assert.deepEqual(summary.audit, { asked: 18, wrong: [] })
  const parts = summary.load.filter(({ residentMb }) => residentMb > 0).map(({ part }) => part)
  for (const part of ['nginx', 'edge', 'master-1', 'master-2', 'nats', 'agents']) {
    assert.ok(parts.includes(part), `${part} is not in ${parts.join(', ')}`)
  }
  assert.deepEqual(holdersOf(folder.path), [])
})

test('what is broken at one host delays nobody else, and who interrupts it gets its summary', async () => {
  await using simulation = await begin('--rate', '10', '--faults', '--seed', '4')
  await eventually('something is broken', () => /hangs|cut off/.test(simulation.said()), {
    withinMs: 60_000,
  })
  process.kill(simulation.running.pid, 'SIGTERM')
  await simulation.running.finished

  const summary = simulation.summary()
  assert.ok(summary.convergence.p99 < 5_000, `${summary.convergence.p99} ms`)
  assert.deepEqual(summary.audit.wrong, [])
  assert.deepEqual(holdersOf(simulation.folder.path), [])
})

/** A simulation that joins one that runs, as somebody on another machine would. */
function guestOf(
  at: { readonly folder: RunFolder; readonly url: string; readonly tokenFile: string },
  name: string,
  ...flags: readonly string[]
) {
  const size = ['--hosts', '1', '--containers', '6', '--rate', '10']
  const words = ['simulate', '--join', at.url, '--token-file', at.tokenFile, ...size, ...flags]
  return startCli(at.folder, name, words, { ROADSTEAD_STATE_DIR: at.folder.folder('guest') })
}

/** How many containers of guests serve. */
async function guestsAt(api: Api): Promise<number> {
  const endpoints = (await api.routes()).flatMap((route) => route.endpoints)
  const names = endpoints.map(({ containerName }) => containerName)
  return names.filter((name) => /^simulated-[0-9a-f]+-app/.test(name)).length
}

async function begin(...flags: readonly string[]) {
  const folder = new RunFolder()
  const state = folder.folder('state')
  const [http = 0, nats = 0] = await freePorts(2)
  const apiPort = await freePair()
  const tokenFile = path.join(state, 'simulation', 'admin.token')
  const env = {
    ROADSTEAD_STATE_DIR: state,
    ROADSTEAD_HTTP_PORT: `${http}`,
    ROADSTEAD_NATS_PORT: `${nats}`,
    ROADSTEAD_API_PORT: `${apiPort}`,
  }
  const words = ['simulate', '--hosts', '3', '--containers', '10', '-o', 'json', ...flags]
  const running = startCli(folder, 'simulation', words, env)
  const said = (): string => readFileSync(path.join(folder.path, 'simulation.log'), 'utf8')
  return {
    folder,
    running,
    said,
    tokenFile,
    /** Of the first master; once there is one. */
    api: () => new Api(`http://127.0.0.1:${apiPort}`, readFileSync(tokenFile, 'utf8').trim()),
    summary: () => Summary.parse(JSON.parse(/^\{$.*^\}$/ms.exec(said())?.[0] ?? '')),
    [Symbol.asyncDispose]: () => endRun(folder.path),
  }
}
