import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { InstanceId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { changeEntries, liveText, noEntries } from '../core/live/entries.ts'
import { EdgeCell } from '../state.ts'
import { eventually } from '../testing/bench.ts'
import { plainTable } from '../testing/tables.ts'
import { keepTables } from './keep-tables.ts'

const stampOf = (version: number) => ({ epoch: 1, version, instance: InstanceId.parse('life') })
const entriesOf = (value: string) => changeEntries(noEntries, [['s:shop', value]])

/** The loop on a disk that only notes what it is given. */
function keeping() {
  const state = new EdgeCell()
  const stop = new AbortController()
  const disk: { versions: number[]; live: string } = { versions: [], live: '' }
  const deps = {
    state,
    digest,
    clock,
    log,
    disk: {
      writeTable: ({ stamp }: { readonly stamp: { readonly version: number } }) => {
        disk.versions.push(stamp.version)
        return Promise.resolve({ kind: 'written' } as const)
      },
    },
    files: {
      keepLive: (text: string) => {
        disk.live = text
        return Promise.resolve({ kind: 'written' } as const)
      },
    },
  }
  const loop = keepTables(deps, stop.signal)
  return {
    state,
    disk,
    /** These entries came in force. */
    hold: (stamp: ReturnType<typeof stampOf>, value: string) => {
      const entries = entriesOf(value)
      state.inForce = {
        stamp,
        table: plainTable(1),
        generation: value,
        file: 'f',
        entries,
        since: '',
      }
      state.keepBell.ring()
    },
    has: (value: string) => eventually(() => disk.live === liveText(entriesOf(value), digest)),
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await loop
    },
  }
}

test('what is in force is kept with its entries, also when the next push is under way by then', async () => {
  await using it = keeping()
  it.state.rendering = undefined
  it.hold(stampOf(1), '127.0.0.1:1')
  await it.has('127.0.0.1:1')
  assert.deepEqual(it.disk.versions, [1])
})

test('entries that own checks change are kept for the same table, which is not written again', async () => {
  await using it = keeping()
  const stamp = stampOf(1)
  it.hold(stamp, '127.0.0.1:1')
  await it.has('127.0.0.1:1')
  it.hold(stamp, '127.0.0.1:2')
  await it.has('127.0.0.1:2')
  assert.deepEqual(it.disk.versions, [1])
  it.hold(stampOf(2), '127.0.0.1:2')
  await eventually(() => it.disk.versions.length === 2)
})
