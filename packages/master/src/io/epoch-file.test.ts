import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { epochFile } from './epoch-file.ts'

test('an epoch outlives the process; a missing or broken file is no floor', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-epoch-'))
  await using _cleanUp = { [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) }
  const stateDir = join(directory, 'not', 'there', 'yet')

  assert.equal(await epochFile(stateDir).read(), 0)
  await epochFile(stateDir).write(7)
  assert.equal(await epochFile(stateDir).read(), 7)

  await writeFile(join(stateDir, 'epoch.json'), '{"v":1,"epo')
  assert.equal(await epochFile(stateDir).read(), 0)
})
