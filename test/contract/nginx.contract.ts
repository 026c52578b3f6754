import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import {
  changeEntries,
  liveGeneration,
  liveText,
  noEntries,
} from '@roadstead/edge/core/live/entries.ts'
import type { LiveTable } from '@roadstead/edge/core/live/live-table.ts'
import { seal } from '@roadstead/edge/core/nginx/envelope.ts'
import type { KeepTablesDeps } from '@roadstead/edge/loops/keep-tables.ts'
import type { PutDeps } from '@roadstead/edge/loops/put-in-force.ts'
import { superviseNginx, type SuperviseNginxDeps } from '@roadstead/edge/loops/supervise-nginx.ts'
import { EdgeCell } from '@roadstead/edge/state.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { calm, eventually, throughout } from '../rig/eventually.ts'

/** What an edge uses of its nginx, and what may happen to it. */
export interface NginxUnderContract extends AsyncDisposable {
  readonly nginx: PutDeps['nginx'] & SuperviseNginxDeps['nginx']
  readonly files: PutDeps['files'] & SuperviseNginxDeps['files'] & KeepTablesDeps['files']
  /** Undefined in the reload tier. */
  readonly live: LiveTable | undefined
  kill(): Promise<void>
  /** Cuts the committed routes. */
  damage(): Promise<void>
}

const patience = { withinMs: 15_000 }

/** Something to tell texts apart, and the map that our main file asks for. */
const body = (port: number): string =>
  `upstream u_${port} {\n  server 127.0.0.1:${port};\n}\nmap $http_host $rs_port_suffix {\n}\n`
const first = seal(body(1), sha256)
const second = seal(body(2), sha256)
const broken = seal('upstream u_3 {\n', sha256)

/** What every nginx that an edge is given must do, the real one and the one for simulations. */
export function nginxContract(name: string, open: () => Promise<NginxUnderContract>): void {
  test(`${name}: a test says what it thinks of the staged text, and changes nothing`, async () => {
    await using it = await open()
    const before = await it.nginx.generation()
    await it.files.stage(first.text, new Map())
    assert.equal((await it.nginx.test()).ended, 'well')
    await it.files.stage(broken.text, new Map())
    const { ended, output } = await it.nginx.test()
    assert.equal(ended, 'badly')
    assert.notEqual(output, '')
    assert.equal(await it.nginx.generation(), before)
  })

  test(`${name}: what is committed runs after a reload, and not before`, async () => {
    await using it = await open()
    const before = await it.nginx.generation()
    await it.files.stage(first.text, new Map())
    await it.files.commit()
    assert.equal(await it.nginx.generation(), before)
    assert.ok(it.nginx.reload())
    await untilOnly(it, first.generation)
  })

  test(`${name}: text that cannot be read leaves what runs`, async () => {
    await using it = await open()
    const before = await it.nginx.generation()
    await it.files.stage(broken.text, new Map())
    await it.files.commit()
    await it.nginx.reload()
    for (let count = 0; count < 5; count += 1)
      assert.ok(!(await it.nginx.answersBy(broken.generation)))
    assert.equal(await it.nginx.generation(), before)
  })

  test(`${name}: what was kept as good comes back`, async () => {
    await using it = await open()
    await bring(it, first.text)
    await untilOnly(it, first.generation)
    await it.files.keepAsGood()
    await bring(it, second.text)
    await untilOnly(it, second.generation)
    await it.files.restoreGood()
    await it.nginx.reload()
    await untilOnly(it, first.generation)
  })

  test(`${name}: killed, it answers nobody; started, it runs what was committed`, async () => {
    await using it = await open()
    await bring(it, first.text)
    await untilOnly(it, first.generation)
    await it.kill()
    assert.equal(it.nginx.running(), false)
    assert.equal(await it.nginx.generation(), undefined)
    assert.equal(it.nginx.reload(), false)
    assert.deepEqual(await it.nginx.start(false), { kind: 'started' })
    await untilOnly(it, first.generation)
    assert.equal(it.nginx.running(), true)
  })

  test(`${name}: one that runs is taken over as it is`, async () => {
    await using it = await open()
    await bring(it, first.text)
    await untilOnly(it, first.generation)
    assert.deepEqual(await it.nginx.start(true), { kind: 'adopted' })
    assert.equal(await it.nginx.generation(), first.generation)
  })

  test(`${name}: a wait for its end lasts until it ends, or until nobody waits`, async () => {
    await using it = await open()
    const stop = new AbortController()
    const abandoned = it.nginx.exited(stop.signal)
    let hasEnded = false
    const ended = it.nginx.exited(new AbortController().signal).then(() => {
      hasEnded = true
    })
    stop.abort()
    await abandoned
    assert.equal(hasEnded, false)
    await it.kill()
    await ended
  })

  test(`${name}: a reload leaves one old generation, and for a moment only`, async () => {
    await using it = await open()
    await bring(it, first.text)
    await untilOnly(it, first.generation)
    const none = async () => (await it.nginx.oldWorkers()).generations === 0
    await eventually('old workers are gone', none, patience)
    await bring(it, second.text)
    await eventually('the new one answers', () => it.nginx.answersBy(second.generation), patience)
    assert.ok((await it.nginx.oldWorkers()).generations <= 1)
    await eventually('old workers are gone again', none, patience)
  })

  for (const isDamaged of [false, true]) {
    const disk = isDamaged ? ', its routes damaged' : ''
    test(`${name}: killed under supervision${disk}, it runs again on what was good`, async () => {
      await using it = await open()
      await bring(it, first.text)
      await untilOnly(it, first.generation)
      await it.files.keepAsGood()
      await using supervised = supervise(it)
      if (isDamaged) await it.damage()
      await it.kill()
      await eventually('it is wished to be looked at', () => supervised.state.wishes > 0, patience)
      await untilOnly(it, first.generation)
    })
  }
}

/** Two sets of entries, one step apart. */
const step = { kind: 'set', key: 'd:a.test', value: '^ / u_0000000000000001' } as const
const one = changeEntries(noEntries, [['s:u_0000000000000001', '127.0.0.1:1']])
const two = changeEntries(one, [[step.key, step.value]])
const oneName = liveGeneration(one, sha256)
const twoName = liveGeneration(two, sha256)

/** What every nginx of the live tier must do besides. */
export function liveNginxContract(
  name: string,
  open: () => Promise<NginxUnderContract & { readonly live: LiveTable }>,
): void {
  nginxContract(name, open)

  test(`${name}: entries are pushed onto what is there, and onto nothing else`, async () => {
    await using it = await open()
    assert.deepEqual(
      await it.live.replace(new Map(one.buckets.flatMap((all) => [...all])), oneName),
      {
        kind: 'pushed',
      },
    )
    assert.equal((await it.nginx.runs())?.live, oneName)
    assert.equal((await it.live.push([step], twoName, oneName)).kind, 'other-base')
    assert.equal((await it.nginx.runs())?.live, oneName)
    assert.equal((await it.live.push([step], oneName, twoName)).kind, 'pushed')
    assert.equal((await it.nginx.runs())?.live, twoName)
    assert.deepEqual(await it.live.inFlight(undefined), new Map())
    assert.equal(await it.live.waiting(), 0)
    assert.equal(await it.live.setClosing(true), true)
    assert.equal(await it.live.setClosing(false), true)
  })

  test(`${name}: entries outlive a reload`, async () => {
    await using it = await open()
    await it.live.replace(new Map(), oneName)
    await bring(it, first.text)
    await untilOnly(it, first.generation)
    assert.deepEqual(await it.nginx.runs(), { file: first.generation, live: oneName })
  })

  test(`${name}: a start loads the entries that were kept, and nobody can be reached before`, async () => {
    await using it = await open()
    await it.live.replace(new Map(), oneName)
    await it.files.keepLive(liveText(two, sha256))
    assert.equal((await it.nginx.runs())?.live, oneName)
    await it.kill()
    assert.equal((await it.live.push([], oneName, twoName)).kind, 'unreachable')
    assert.equal(await it.live.inFlight(undefined), undefined)
    assert.equal(await it.live.waiting(), undefined)
    assert.deepEqual(await it.nginx.start(false), { kind: 'started' })
    assert.equal((await it.nginx.runs())?.live, twoName)
  })
}

function supervise(it: NginxUnderContract): AsyncDisposable & { readonly state: EdgeCell } {
  const state = new EdgeCell()
  const stop = new AbortController()
  const fallback = seal('', sha256).text
  const ended = superviseNginx({ ...it, fallback, state, clock, random, log }, stop.signal)
  return {
    state,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await ended
    },
  }
}

async function bring(it: NginxUnderContract, text: string): Promise<void> {
  await it.files.stage(text, new Map())
  await it.files.commit()
  await it.nginx.reload()
}

/** One answer proves little: workers of the text before take connections for 100 ms or more. */
async function untilOnly(it: NginxUnderContract, generation: string): Promise<void> {
  await eventually(`${generation} answers`, () => it.nginx.answersBy(generation), patience)
  const isAnswer = async () => assert.equal(await it.nginx.generation(), generation)
  const alone = async () => {
    await throughout(`only ${generation} answers`, isAnswer, calm(OLD_WORKERS_MS))
    return true
  }
  await eventually(`only ${generation} answers`, alone, patience)
}

const OLD_WORKERS_MS = 250
