import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import { ownAdminToken } from './admin-token.ts'
import { DecisionFile } from './decision-file.ts'
import { NatsUsers } from './nats-users.ts'
import { lockState } from './state-lock.ts'

const drain: Decision = { kind: 'drain', host: HostId.parse('h1'), by: 'me', why: '', since: '' }

test('decisions come back as they were written, and a broken file is as good as none', async () => {
  await using folder = await folderOfTest()
  const file = new DecisionFile(join(folder.path, 'not', 'there', 'yet'))
  assert.equal((await file.read()).size, 0)
  await file.write(new Map([['d.drain.h1.all', drain]]))
  assert.deepEqual(await file.read(), new Map([['d.drain.h1.all', drain]]))
  await writeFile(join(folder.path, 'not', 'there', 'yet', 'decisions.json'), '{"v":1,"deci')
  assert.equal((await file.read()).size, 0)
})

test('decisions that cannot be kept say where', async () => {
  await using folder = await folderOfTest()
  await writeFile(join(folder.path, 'in-the-way'), '')
  const file = new DecisionFile(join(folder.path, 'in-the-way'))
  await assert.rejects(file.write(new Map()), { code: 'disk-failed' })
})

test('one directory has one master at a time, also after one died without a word', async () => {
  await using folder = await folderOfTest()
  {
    await using _first = await lockState(folder.path)
    await assert.rejects(lockState(folder.path), { code: 'state-locked' })
  }
  await writeFile(join(folder.path, 'master.lock'), 'left behind')
  await using _second = await lockState(folder.path)
})

test('the first token is made once and only its owner may read it', async () => {
  await using folder = await folderOfTest()
  const token = ownAdminToken(folder.path)
  assert.ok(token.length >= 43)
  assert.equal(ownAdminToken(folder.path), token)
  const { mode } = await stat(join(folder.path, 'admin.token'))
  assert.equal(mode & 0o777, 0o600)
})

test('users of nats-server are replaced as a whole, and the server is told only of changes', async () => {
  await using folder = await folderOfTest()
  let told = 0
  const listener = (): void => void (told += 1)
  process.on('SIGHUP', listener)
  using _quiet = { [Symbol.dispose]: () => void process.off('SIGHUP', listener) }
  await writeFile(join(folder.path, 'nats.pid'), `${process.pid}\n`)
  const users = new NatsUsers(folder.path)
  assert.equal(await users.replace('users = []\n'), true)
  assert.equal(await users.replace('users = []\n'), false)
  assert.equal(await readFile(join(folder.path, 'users.conf'), 'utf8'), 'users = []\n')
  assert.ok(told <= 1)
})

async function folderOfTest(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'roadstead-master-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}
