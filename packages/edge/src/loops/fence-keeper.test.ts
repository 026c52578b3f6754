import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InstanceId } from '@roadstead/shared/kernel/ids.ts'
import type { PersistedFence } from '../core/persisted.ts'
import { FENCE_HANGS_MS, FENCE_MS_MAX, FenceKeeper } from './fence-keeper.ts'
import type { Written } from './job.ts'

const written: Written = { kind: 'written' }
const full: Written = { kind: 'disk-full', detail: 'ENOSPC' }

test('the first of an epoch is waited for, those after it only for a moment', async () => {
  const it = keeping()
  const first = it.write(1, 1)
  await it.timePasses()
  assert.deepEqual(it.resolved, [])
  it.diskTakes(written)
  await first
  const second = it.write(1, 2)
  await it.timePasses()
  assert.deepEqual(await second, written)
  const other = it.write(2, 1)
  await it.timePasses()
  assert.deepEqual(it.resolved, ['1.1', '1.2'])
  it.diskTakes(written)
  it.diskTakes(written)
  assert.deepEqual(await other, written)
})

test('a slow disk gets one write at a time, and the newest of those that waited', async () => {
  const it = keeping()
  const first = it.write(1, 1)
  it.diskTakes(written)
  await first
  for (const version of [2, 3, 4, 5]) {
    const passed = it.write(1, version)
    await it.timePasses()
    await passed
  }
  assert.deepEqual(it.begun, ['1.1', '1.2'])
  it.diskTakes(written)
  await it.settled()
  assert.deepEqual(it.begun, ['1.1', '1.2', '1.5'])
  it.diskTakes(written)
  const last = it.write(1, 6)
  await it.settled()
  assert.deepEqual(it.begun, ['1.1', '1.2', '1.5', '1.6'], 'what waited behind 5 found it there')
  it.diskTakes(written)
  await last
})

test('once a write has failed, nothing passes that is not on the disk', async () => {
  const it = keeping()
  const first = it.write(1, 1)
  it.diskTakes(written)
  await first
  const late = it.write(1, 2)
  await it.timePasses()
  assert.deepEqual(await late, written)
  it.diskTakes(full)
  await it.settled()
  const next = it.write(1, 3)
  await it.timePasses()
  it.diskTakes(full)
  assert.deepEqual(await next, full)
  const again = it.write(1, 3)
  it.diskTakes(written)
  assert.deepEqual(await again, written)
})

test('a disk that does not answer at all is a broken one', async () => {
  const it = keeping()
  const first = it.write(1, 1)
  it.diskTakes(written)
  await first
  const second = it.write(1, 2)
  await it.timePasses()
  assert.deepEqual(await second, written)
  await it.timePasses(FENCE_HANGS_MS)
  const third = await it.write(1, 3)
  assert.deepEqual(third, { kind: 'disk-failed', detail: 'the disk does not answer' })
  it.diskTakes(written)
  await it.settled()
  const fourth = it.write(1, 4)
  it.diskTakes(written)
  assert.deepEqual(await fourth, written)
  assert.deepEqual(it.begun, ['1.1', '1.2', '1.4'])
})

/** A keeper whose disk and whose time move when they are told to. */
function keeping() {
  const begun: string[] = []
  const resolved: string[] = []
  const results: Written[] = []
  let disk = Promise.withResolvers<void>()
  let limits: { readonly atMs: number; readonly task: () => void }[] = []
  let nowMs = 0
  const keeper = new FenceKeeper({
    disk: {
      writeFence: async ({ stamp }) => {
        begun.push(`${stamp?.epoch}.${stamp?.version}`)
        while (results.length === 0) await disk.promise
        return results.shift() ?? written
      },
    },
    clock: {
      monoMs: () => nowMs,
      after: (ms, task) => {
        const limit = { atMs: nowMs + ms, task }
        limits.push(limit)
        return { [Symbol.dispose]: () => void (limits = limits.filter((it) => it !== limit)) }
      },
    },
  })
  const settled = async (): Promise<void> => {
    for (let turns = 0; turns < 20; turns += 1) await Promise.resolve()
  }
  return {
    begun,
    resolved,
    settled,
    async write(epoch: number, version: number): Promise<Written> {
      const outcome = await keeper.writeFence(fenceOf(epoch, version))
      resolved.push(`${epoch}.${version}`)
      return outcome
    },
    diskTakes(outcome: Written): void {
      results.push(outcome)
      disk.resolve()
      disk = Promise.withResolvers()
    },
    async timePasses(ms: number = FENCE_MS_MAX): Promise<void> {
      await settled()
      nowMs += ms
      for (const { atMs, task } of limits) if (atMs <= nowMs) task()
      await settled()
    },
  }
}

function fenceOf(epoch: number, version: number): PersistedFence {
  const instance = InstanceId.parse(`life${epoch}`)
  return { v: 1, epochMax: epoch, stamp: { epoch, version, instance } }
}
