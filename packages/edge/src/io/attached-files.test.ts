import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { seal } from '../core/nginx/envelope.ts'
import { inTempFolder } from '../testing/bench.ts'
import { AttachedFiles, folderBeside } from './attached-files.ts'

const good = seal('# good\n', digest)
const bad = seal('# bad\n', digest)
const next = seal('# next\n', digest)

/** With a text in force. */
async function inForce(folder: string) {
  const include = join(folder, 'routes.conf')
  const own = join(folder, 'own')
  const files = await AttachedFiles.in(include, own, digest)
  await files.stage(good.text)
  await files.commit()
  await files.keepAsGood()
  const read = () => readFile(include, 'utf8')
  /** A folder of this name lets nothing be put into the place of the file. */
  const obstacle = join(folder, folderBeside(include), 'next')
  return { files, include, own, read, obstacle }
}

test('what was there and cannot be put back is told, and comes back with whatever is next', async () => {
  const nexts = {
    trial: (files: AttachedFiles) => files.onTrial(async () => ({ kind: 'written' }) as const),
    commit: (files: AttachedFiles) => files.commit(),
    restored: (files: AttachedFiles) => files.restoreGood(),
  }
  for (const [name, again] of Object.entries(nexts)) {
    await using folder = await inTempFolder()
    const { files, read, obstacle, own } = await inForce(folder.path)
    const before = await read()
    await files.stage(bad.text)
    const told = await files.onTrial(() => mkdir(obstacle))
    assert.deepEqual(told, { kind: 'disk-failed', detail: 'EISDIR' }, name)
    assert.notEqual(await read(), before, name)
    assert.equal(await files.editedFiles(good.generation), undefined, name)
    assert.deepEqual(await again(files), told, `${name} does not begin on what was tried`)
    await rm(obstacle, { recursive: true })
    await files.stage(next.text)
    assert.deepEqual(await again(files), { kind: 'written' }, name)
    const now = name === 'commit' ? next.generation : good.generation
    assert.equal(await files.generation(), now, name)
    assert.ok(!(await readdir(own)).includes('before-trial.conf'), name)
    assert.deepEqual(await files.editedFiles(now), [], name)
  }
})

test('a next life puts back what the one before could not', async () => {
  await using folder = await inTempFolder()
  const { files, include, own, obstacle } = await inForce(folder.path)
  await files.stage(bad.text)
  await files.onTrial(() => mkdir(obstacle))
  await rm(obstacle, { recursive: true })
  const second = await AttachedFiles.in(include, own, digest)
  assert.equal(await second.generation(), good.generation)
})

test('a test that breaks leaves what was there', async () => {
  await using folder = await inTempFolder()
  const { files } = await inForce(folder.path)
  await files.stage(bad.text)
  const broken = files.onTrial(() => Promise.reject(new Error('broken')))
  await assert.rejects(broken, { message: 'broken' })
  assert.equal(await files.generation(), good.generation)
})

test('a file that is there and cannot be read is not taken for an empty one', async () => {
  await using folder = await inTempFolder()
  const { files, include, own } = await inForce(folder.path)
  await rm(include)
  await symlink(include, include)
  const trouble = { kind: 'disk-failed', detail: 'ELOOP' }
  await files.stage(next.text)
  assert.deepEqual(await files.onTrial(() => Promise.resolve('run')), trouble)
  assert.deepEqual(await files.commit(), trouble)
  assert.deepEqual(await files.keepAsGood(), trouble)
  await assert.rejects(AttachedFiles.in(include, own, digest), { code: 'disk-failed' })
})

test('while a trial runs no file is said to be edited, and a comment keeps what is in force', async () => {
  await using folder = await inTempFolder()
  const { files, read } = await inForce(folder.path)
  const before = await read()
  const seen = await files.underComment('words', async () => ({
    edited: await files.editedFiles(good.generation),
    text: await read(),
  }))
  assert.ok('text' in seen)
  assert.equal(seen.edited, undefined)
  assert.ok(seen.text.endsWith(`# words\n${before}`))
  assert.equal(await read(), before)
  assert.deepEqual(await files.editedFiles(good.generation), [])
})
