import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SiteId } from '@roadstead/shared/kernel/ids.ts'
import { createIdentity, createKey, IDENTITY_FILE, loadIdentity, SEED_FILE } from './identity.ts'
import { publicKeyOf } from './nkey.ts'

const facts = {
  role: 'agent' as const,
  id: 'h1',
  name: 'alpha',
  site: SiteId.parse('s1'),
  natsUrl: 'nats://127.0.0.1:4222',
  masters: [createKey().publicKey],
}

test('an identity comes back as it was made, and its seed is for its owner only', async () => {
  await using place = await folder()

  const made = await createIdentity(place.path, facts)
  const loaded = await loadIdentity(place.path)

  assert.deepEqual(loaded, made)
  assert.equal(loaded.identity.publicKey, publicKeyOf(loaded.seed))
  assert.equal((await stat(join(place.path, SEED_FILE))).mode & 0o777, 0o600)
  assert.deepEqual((await readdir(place.path)).sort(), [IDENTITY_FILE, SEED_FILE].sort())
  assert.ok(!(await readFile(join(place.path, IDENTITY_FILE), 'utf8')).includes(made.seed))
})

test('making an identity again keeps the key and takes the new facts', async () => {
  await using place = await folder()
  const first = await createIdentity(place.path, facts)

  const second = await createIdentity(place.path, { ...facts, natsUrl: 'nats://other:4222' })

  assert.equal(second.seed, first.seed)
  assert.equal((await loadIdentity(place.path)).identity.natsUrl, 'nats://other:4222')
})

test('files that are missing or do not belong together are refused by name', async () => {
  await using place = await folder()
  await assert.rejects(loadIdentity(place.path), /identity\.json/)

  await createIdentity(place.path, facts)
  await writeFile(join(place.path, SEED_FILE), createKey().seed)
  await assert.rejects(loadIdentity(place.path), /nkey\.seed/)

  await rm(join(place.path, SEED_FILE))
  await assert.rejects(loadIdentity(place.path), /nkey\.seed/)
})

async function folder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'roadstead-identity-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
