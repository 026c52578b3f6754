import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTempFolder } from '../testing/bench.ts'
import { findNginx } from './nginx-binary.ts'
import { probeStreams } from './probe-streams.ts'

test('nginx with its stream module serves streams', async () => {
  await using folder = await inTempFolder()
  const binary = await findNginx(undefined, '')
  assert.equal((await probeStreams(binary, folder.path)).kind, 'there')
})

test('without the module, the reason names what to install', async () => {
  await using folder = await inTempFolder()
  const found = await findNginx(undefined, '')
  const features = { ...found.features, modulesPath: folder.path }
  assert.deepEqual(await probeStreams({ ...found, features }, folder.path), {
    kind: 'missing',
    reason: 'nginx has no stream module: apt-get install libnginx-mod-stream',
  })
})
