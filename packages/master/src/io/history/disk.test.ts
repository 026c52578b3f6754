import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { SmallDisk } from '../../../../../test/rig/small-disk.ts'
import { notesAbout } from '../../testing/notes.ts'
import { directHistory, type History, threadedHistory } from './history.ts'

async function folderOfTest() {
  const path = await mkdtemp(join(tmpdir(), 'roadstead-history-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

async function changesIn(history: History): Promise<number> {
  const answer = await history.changes({ query: { limit: 2_000 } })
  assert.equal(answer.did, 'changes', JSON.stringify(answer))
  return answer.did === 'changes' ? answer.page.items.length : -1
}

async function opened(history: History) {
  const answer = await history.open({ nowMs: 0 })
  assert.equal(answer.did, 'open', JSON.stringify(answer))
  return answer.did === 'open' ? answer : undefined
}

test('what was written is there after a restart, also in a thread of its own', async () => {
  await using folder = await folderOfTest()
  const path = join(folder.path, 'new', 'history.db')
  {
    await using history = threadedHistory(path, 'one')
    await opened(history)
    assert.equal((await history.write({ notes: notesAbout(1, 10), nowMs: 5 })).did, 'write')
    assert.equal((await history.close({ nowMs: 6 })).did, 'close')
  }
  await using history = threadedHistory(path, 'two')
  await opened(history)
  assert.equal(await changesIn(history), 10)
  for (const end of ['', '-wal']) assert.equal((await stat(path + end)).mode & 0o777, 0o600)
})

test('a thread that is gone fails what was asked of it, and the next call has another', async () => {
  await using folder = await folderOfTest()
  await using history = threadedHistory(join(folder.path, 'history.db'), 'one')
  await opened(history)
  const writing = history.write({ notes: notesAbout(1, 2), nowMs: 5 })
  await history[Symbol.asyncDispose]()
  assert.match((await writing).did, /^(?:write|fail)$/)
  assert.equal((await history.changes({ query: { limit: 1 } })).did, 'fail')
  await opened(history)
})

test('who is killed while he writes leaves whole batches, and loses none that he was told of', async () => {
  await using folder = await folderOfTest()
  const path = join(folder.path, 'history.db')
  const program = join(import.meta.dirname, '../../testing/write-until-killed.ts')
  const writer = fork(program, [path])
  let told = 0
  writer.on('message', (batches: number) => {
    told = batches
    if (batches === 40) writer.kill('SIGKILL')
  })
  await once(writer, 'exit')
  const history = directHistory(path, 'two')
  const answer = await opened(history)
  assert.equal(answer?.setAside, undefined)
  const count = await changesIn(history)
  assert.equal(count % 10, 0, 'a batch is whole or not there')
  assert.ok(count >= told * 10, `${count} of at least ${told * 10}`)
})

test('a full disk is said and loses nothing that is there; space brings the rest', async () => {
  await using disk = await SmallDisk.mount()
  const history = directHistory(join(disk.path, 'history.db'), 'one')
  await opened(history)
  await history.write({ notes: notesAbout(1, 10), nowMs: 5 })
  await disk.fill()
  const failed = await history.write({ notes: notesAbout(2, 2_000), nowMs: 6 })
  assert.deepEqual(failed, { did: 'fail', why: 'the disk is full' })
  assert.equal(await changesIn(history), 10)
  await disk.free()
  await opened(history)
  assert.equal((await history.write({ notes: notesAbout(2, 500), nowMs: 7 })).did, 'write')
  assert.equal(await changesIn(history), 510)
  await history.close({ nowMs: 8 })
})

test('a disk that is full from the beginning, or a folder that is a file, is said', async () => {
  await using disk = await SmallDisk.mount()
  await disk.fill()
  const full = directHistory(join(disk.path, 'history.db'), 'one')
  assert.equal((await full.open({ nowMs: 0 })).did, 'fail')
  assert.equal((await full.write({ notes: [], nowMs: 0 })).did, 'fail')
  await using folder = await folderOfTest()
  await writeFile(join(folder.path, 'file'), 'in the way')
  const blocked = directHistory(join(folder.path, 'file', 'history.db'), 'one')
  const answer = await blocked.open({ nowMs: 0 })
  assert.equal(answer.did, 'fail')
  await rm(join(folder.path, 'file'))
  await opened(blocked)
})

test('a disk that may only be read is said, and is written again when it may', async () => {
  await using disk = await SmallDisk.mount()
  const history = directHistory(join(disk.path, 'history.db'), 'one')
  await opened(history)
  await history.write({ notes: notesAbout(1, 10), nowMs: 5 })
  await history.close({ nowMs: 5 })
  await disk.allowWrites(false)
  assert.equal((await history.open({ nowMs: 6 })).did, 'fail')
  assert.equal((await history.write({ notes: notesAbout(2, 1), nowMs: 6 })).did, 'fail')
  await disk.allowWrites(true)
  await opened(history)
  assert.equal((await history.write({ notes: notesAbout(2, 1), nowMs: 7 })).did, 'write')
  assert.equal(await changesIn(history), 11)
  await history.close({ nowMs: 8 })
})

test('a file that is no database is set aside with a word, and another is begun', async () => {
  await using folder = await folderOfTest()
  const path = join(folder.path, 'history.db')
  for (const text of [
    'this is no database '.repeat(100),
    'again '.repeat(500),
    'x'.repeat(4_096),
  ]) {
    await rm(path, { force: true })
    await writeFile(path, text)
    const history = directHistory(path, 'one')
    const answer = await history.open({ nowMs: Date.UTC(2026, 0, 1, 0, 0, text.length % 60) })
    assert.ok(answer.did === 'open' && answer.setAside !== undefined, JSON.stringify(answer))
    assert.equal(await changesIn(history), 0)
    await history.close({ nowMs: 1 })
  }
  const names = (await readdir(folder.path)).filter((name) => name.includes('set-aside'))
  assert.equal(names.length, 2, 'the newest two are kept')
})

test('a page that was damaged on the disk is found after a kill', async () => {
  await using folder = await folderOfTest()
  const path = join(folder.path, 'history.db')
  const first = directHistory(path, 'one')
  await opened(first)
  await first.write({ notes: notesAbout(1, 2_000), nowMs: 5 })
  const db = new DatabaseSync(path)
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
  await using file = await open(path, 'r+')
  const { size } = await file.stat()
  await file.write(Buffer.alloc(3 * 4_096, 0xa5), 0, 3 * 4_096, Math.floor(size / 8_192) * 4_096)
  const second = directHistory(path, 'two')
  const answer = await second.open({ nowMs: 9 })
  assert.ok(answer.did === 'open' && answer.setAside !== undefined, JSON.stringify(answer))
  assert.equal((await second.write({ notes: notesAbout(1, 3), nowMs: 10 })).did, 'write')
  assert.equal(await changesIn(second), 3)
})

test('a log of a version that is not known is set aside, and not changed', async () => {
  await using folder = await folderOfTest()
  const path = join(folder.path, 'history.db')
  const db = new DatabaseSync(path)
  db.exec('CREATE TABLE later (x); PRAGMA user_version = 99')
  db.close()
  const history = directHistory(path, 'one')
  const answer = await opened(history)
  assert.match(answer?.setAside?.why ?? '', /99/)
  const aside = new DatabaseSync(answer?.setAside?.path ?? '', { readOnly: true })
  assert.equal(aside.prepare('PRAGMA user_version').get()?.['user_version'], 99)
  aside.close()
})
