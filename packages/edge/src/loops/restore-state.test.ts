import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { InstanceId } from '@roadstead/shared/kernel/ids.ts'
import { EdgeCell } from '../state.ts'
import { plainTable } from '../testing/tables.ts'
import { restoreState } from './restore-state.ts'

const stampOf = (version: number, epoch = 1) => ({
  epoch,
  version,
  instance: InstanceId.parse(`life${epoch}`),
})
type Stamp = ReturnType<typeof stampOf>

test('a table on the disk was accepted: the fence is not behind it, whatever the disk says', async () => {
  const state = await restored(stampOf(5), stampOf(7))
  assert.deepEqual(state.fence, { epochMax: 1, stamp: stampOf(7) })
  assert.equal(state.desired?.stamp.version, 7)
})

test('a fence that is newer stays, and the table that is there is served and checked', async () => {
  for (const fence of [stampOf(9), stampOf(1, 2)]) {
    const state = await restored(fence, stampOf(7))
    assert.deepEqual(state.fence.stamp, fence)
    assert.equal(state.desired?.stamp.version, 7)
  }
})

async function restored(fence: Stamp, kept: Stamp): Promise<EdgeCell> {
  const state = new EdgeCell()
  const { services, routes, streams } = plainTable(1)
  const lists = { services: [...services], routes: [...routes], streams: [...streams] }
  await restoreState({
    disk: {
      readFence: () => Promise.resolve({ v: 1, epochMax: fence.epoch, stamp: fence }),
      readTable: () => Promise.resolve({ v: 1, stamp: kept, ...lists }),
    },
    objectFiles: { read: () => Promise.resolve(new Map()) },
    files: {
      generation: () => Promise.resolve('f'),
      readLive: () => Promise.resolve(undefined),
    },
    tier: 'reload',
    digest,
    state,
    clock,
  })
  return state
}
