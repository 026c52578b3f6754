import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { readPid } from '../io/nginx.ts'
import { Bench, eventually, freePort, inTempFolder, webServer } from '../testing/bench.ts'
import { SmallDisk } from '../../../../test/rig/small-disk.ts'
import { endpoint, plainTable, route, service, table } from '../testing/tables.ts'

test('an edge that starts for the first time on a full disk says which directory', async () => {
  await using disk = await SmallDisk.mount()
  await disk.fill()
  const stateDir = join(disk.path, 'edge')
  await assert.rejects(Bench.in(stateDir, await freePort()), (error) => {
    assert.ok(error instanceof RoadsteadError)
    assert.equal(error.code, 'disk-full')
    return error.message.includes(stateDir)
  })
  await disk.free()
  await using bench = await Bench.in(stateDir, await freePort())
  assert.equal((await bench.get('shop.test')).status, 404)
})

test('a directory that cannot be made is named, and is no full disk', async () => {
  await using folder = await inTempFolder()
  const stateDir = join(folder.path, 'file', 'edge')
  await writeFile(join(folder.path, 'file'), 'in the way')
  await assert.rejects(Bench.in(stateDir, await freePort()), (error) => {
    assert.ok(error instanceof RoadsteadError)
    assert.equal(error.code, 'disk-failed')
    return error.message.includes(stateDir)
  })
})

test('a disk that fills up rejects a table, what is in force stays, and space brings it', async () => {
  await using disk = await SmallDisk.mount()
  await using bench = await Bench.in(join(disk.path, 'edge'), await freePort())
  await using shop = await webServer('shop')
  const asked = async () => (await bench.get('shop.test')).headers['x-by']
  await bench.apply(table([service('shop', endpoint(shop.port))], [route('shop.test', 'shop')]))
  const inForce = bench.state.inForce?.generation
  await disk.fill()
  await bench.apply(plainTable(200))
  const { outcome } = bench.state
  assert.equal(outcome.kind === 'rejected' && outcome.reason, 'disk-full')
  assert.equal(bench.state.inForce?.generation, inForce)
  assert.equal(await bench.opened.files.generation(), bench.state.inForce?.file)
  assert.equal(await asked(), 'shop')
  await disk.free()
  await eventually(() => bench.state.outcome.kind === 'applied')
  await eventually(async () => (await bench.get('shop.test')).status === 404)
})

test('an edge that comes back on a full disk takes over the nginx that it left', async () => {
  await using disk = await SmallDisk.mount()
  await using first = await Bench.in(join(disk.path, 'edge'), await freePort())
  await using shop = await webServer('shop')
  await first.apply(table([service('shop', endpoint(shop.port))], [route('shop.test', 'shop')]))
  await first.abandon()
  const pid = await readPid(first.opened.files.folder)
  await disk.fill()
  await using second = await Bench.in(join(disk.path, 'edge'), first.port)
  assert.equal(await readPid(second.opened.files.folder), pid)
  assert.equal((await second.get('shop.test')).headers['x-by'], 'shop')
})
