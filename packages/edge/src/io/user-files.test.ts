import assert from 'node:assert/strict'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { seal } from '../core/nginx/envelope.ts'
import { inTempFolder } from '../testing/bench.ts'
import { ConfFiles } from './conf-files.ts'
import { putUserFiles, sweepNamedFiles } from './user-files.ts'

const fileOf = (content: string) => `users-${digest(content).slice(0, 32)}`
const textWith = (content: string) =>
  seal(`auth_basic_user_file ${fileOf(content)};\n`, digest).text

async function inForce(files: ConfFiles, content: string): Promise<void> {
  await files.stage(textWith(content), new Map([[fileOf(content), content]]))
  await files.commit()
  await files.keepAsGood()
}

test('a file with users is closed to others, and one that was edited is written anew', async () => {
  await using folder = await inTempFolder()
  const files = new Map([[fileOf('ann:x\n'), 'ann:x\n']])
  const path = join(folder.path, fileOf('ann:x\n'))
  assert.deepEqual(await putUserFiles(folder.path, files, undefined), { kind: 'written' })
  assert.equal((await stat(path)).mode & 0o777, 0o640)
  await writeFile(path, 'eve:y\n')
  await putUserFiles(folder.path, files, undefined)
  assert.equal((await stat(path)).size, 'ann:x\n'.length)
  assert.deepEqual(await readdir(folder.path), [fileOf('ann:x\n')])
})

test('what the text before names stays until the next one; then it goes', async () => {
  await using folder = await inTempFolder()
  const files = new ConfFiles(folder.path, digest)
  await files.prepare('main', 'candidate')
  const there = async () =>
    (await readdir(folder.path)).filter((name) => name.startsWith('users-')).length
  await inForce(files, 'ann:x\n')
  await inForce(files, 'ann:y\n')
  assert.equal(await there(), 2)
  await inForce(files, 'ann:z\n')
  assert.equal(await there(), 2)
  assert.deepEqual(await files.editedFiles(undefined), [])
})

test('what a profile names stays with it, though no text names it; it is open to all', async () => {
  await using folder = await inTempFolder()
  const nameOf = (content: string) => `profile-${digest(content).slice(0, 32)}`
  const inner = 'server_tokens off;\n'
  const outer = `server { include ${nameOf(inner)}; }\n`
  const unnamed = 'tcp_nodelay on;\n'
  const all = [inner, outer, unnamed].map((content) => [nameOf(content), content] as const)
  await putUserFiles(folder.path, new Map(all), undefined)
  await sweepNamedFiles(folder.path, [`include ${nameOf(outer)};\n`])
  const left = (await readdir(folder.path)).toSorted()
  assert.deepEqual(left, [nameOf(inner), nameOf(outer)].toSorted())
  for (const name of left) {
    assert.equal((await stat(join(folder.path, name))).mode & 0o777, 0o644)
  }
})

test('an edited file with users is told', async () => {
  await using folder = await inTempFolder()
  const files = new ConfFiles(folder.path, digest)
  await files.prepare('main', 'candidate')
  await inForce(files, 'ann:x\n')
  await writeFile(join(folder.path, fileOf('ann:x\n')), 'eve:y\n')
  assert.deepEqual(await files.editedFiles(undefined), [fileOf('ann:x\n')])
})

test('where they cannot be written nothing is staged', async () => {
  await using folder = await inTempFolder()
  const files = new ConfFiles(folder.path, digest)
  await files.prepare('main', 'candidate')
  await mkdir(join(folder.path, `${fileOf('ann:x\n')}.new`))
  const staged = await files.stage(textWith('ann:x\n'), new Map([[fileOf('ann:x\n'), 'ann:x\n']]))
  assert.equal(staged.kind, 'disk-failed')
})
