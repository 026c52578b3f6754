import assert from 'node:assert/strict'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemClock } from '@roadstead/shared/kernel/clock.ts'
import { Bench } from '../testing/bench.ts'
import { plainTable, route, table } from '../testing/tables.ts'
import { EdgeCell } from '../state.ts'
import { watchFiles } from './watch-files.ts'

test('files that were changed by hand are named, and left alone until the next table', async () => {
  await using bench = await Bench.start()
  const { state, opened } = bench
  const look = async () => {
    const stop = new AbortController()
    let looks = 0
    const sleep = () => {
      looks += 1
      if (looks > 1) stop.abort()
      return Promise.resolve()
    }
    await watchFiles(
      { files: opened.files, state, clock: { ...systemClock, sleep }, log },
      stop.signal,
    )
    return state.editedFiles
  }
  await bench.apply(plainTable(2))
  assert.deepEqual(await look(), [])
  await appendFile(join(opened.files.folder, 'routes.conf'), '# by hand\n')
  assert.deepEqual(await look(), ['routes.conf'])
  await appendFile(join(opened.files.folder, 'nginx.conf'), '# by hand\n')
  assert.deepEqual(await look(), ['nginx.conf', 'routes.conf'])
  // One with a setting of its own, which is text in both tiers.
  const it = plainTable(3)
  await bench.apply(
    table(it.services, [...it.routes, { ...route('a.test/x', 's1'), stripPrefix: true }]),
  )
  assert.deepEqual(await look(), ['nginx.conf'])
})

test('while it cannot be told, what was said before is neither taken back nor said again', async () => {
  const state = new EdgeCell()
  state.editedFiles = ['routes.conf']
  const stop = new AbortController()
  let looks = 0
  const files = {
    trimLog: () => Promise.resolve(),
    editedFiles: () => {
      looks += 1
      if (looks > 1) stop.abort()
      return Promise.resolve(undefined)
    },
  }
  const clock = { ...systemClock, sleep: () => Promise.resolve() }
  await watchFiles({ files, state, clock, log }, stop.signal)
  assert.deepEqual([looks, state.editedFiles], [2, ['routes.conf']])
})
