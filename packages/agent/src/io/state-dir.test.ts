import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { InstanceId, PublicKey } from '@roadstead/shared/kernel/ids.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { Leadership } from '../core/obey.ts'
import { openStateDir } from './state-dir.ts'

async function folder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'roadstead-state-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

const hasCode = (code: string) => (error: unknown) =>
  error instanceof RoadsteadError && error.code === code

test('each life has a higher number, and remembers the leadership and the key', async () => {
  await using directory = await folder()
  const lives: (readonly [number, Leadership, string])[] = []
  const instance = InstanceId.parse('one')
  const signer = PublicKey.parse(`U${'A'.repeat(55)}`)
  for (const epoch of [4, 9]) {
    await using dir = await openStateDir(directory.path)
    lives.push([dir.boot, dir.leadership, dir.environmentHash('A=1')])
    await dir.keepLeadership({ epoch, instance, signer })
  }
  assert.deepEqual(
    lives.map(([boot, leadership]) => [boot, leadership]),
    [
      [1, { epoch: 0 }],
      [2, { epoch: 4, instance, signer }],
    ],
  )
  assert.equal(lives[0]?.[2], lives[1]?.[2])
  assert.match(lives[0]?.[2] ?? '', /^[0-9a-f]{16}$/)
})

test('an epoch that was kept without its instance is read as that', async () => {
  await using directory = await folder()
  await writeFile(join(directory.path, 'highest-epoch'), '7\n')
  await using dir = await openStateDir(directory.path)
  assert.deepEqual(dir.leadership, { epoch: 7 })
  await dir.keepLeadership({ epoch: 8, instance: InstanceId.parse('one') })
  await dir[Symbol.asyncDispose]()
  await using next = await openStateDir(directory.path)
  assert.deepEqual(next.leadership, { epoch: 8, instance: 'one' })
})

test('a life knows how many containers the one before it knew', async () => {
  await using directory = await folder()
  const before: number[] = []
  for (const count of [3, 0, 5]) {
    await using dir = await openStateDir(directory.path)
    before.push(dir.containersBefore)
    await dir.keepContainers(count)
  }
  assert.deepEqual(before, [0, 3, 0])
})

test('two agents cannot share a directory, wherever it is', async () => {
  await using directory = await folder()
  const deep = join(directory.path, 'x'.repeat(120))
  const first = await openStateDir(deep)
  await assert.rejects(openStateDir(deep), hasCode('state-locked'))
  await first[Symbol.asyncDispose]()
  await using again = await openStateDir(deep)
  assert.equal(again.boot, 2)
})

test('a lock that a dead agent left is taken over', async () => {
  await using directory = await folder()
  await writeFile(join(directory.path, 'agent.lock'), '')
  await using dir = await openStateDir(directory.path)
  assert.equal(dir.boot, 1)
})

test('a counter that cannot be read stops the agent: it must not live a life twice', async () => {
  await using directory = await folder()
  await writeFile(join(directory.path, 'boot'), 'many')
  await assert.rejects(openStateDir(directory.path), hasCode('disk-failed'))
})
