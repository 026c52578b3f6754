import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createUser } from '@nats-io/nkeys'
import type { PublicKey } from '@roadstead/shared/kernel/ids.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { Identity } from '@roadstead/shared/protocol/identity.ts'
import { publicKeyOf } from './nkey.ts'

/** Who a process is, and the secret that proves it. The seed is never logged and never leaves here. */
export interface LoadedIdentity {
  readonly identity: Identity
  readonly seed: string
}

export const IDENTITY_FILE = 'identity.json'
export const SEED_FILE = 'nkey.seed'

/** A new key pair; its public half can be told to anybody. */
export function createKey(): { readonly seed: string; readonly publicKey: PublicKey } {
  const pair = createUser()
  const seed = new TextDecoder().decode(pair.getSeed())
  return { seed, publicKey: publicKeyOf(seed) }
}

/**
 * Makes a key pair and writes both files. An identity that is there already is kept: a second call
 * with the same directory must not lock the process out of everything it was enrolled for.
 */
export async function createIdentity(
  directory: string,
  facts: Omit<Identity, 'v' | 'publicKey'>,
): Promise<LoadedIdentity> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const seed = (await readIfThere(join(directory, SEED_FILE))) ?? createKey().seed
  const publicKey = publicKeyOf(seed.trim())
  const identity = Identity.parse({ v: 1, ...facts, publicKey })
  // The seed first: an identity without its seed would be a name that nobody can prove.
  await writeWhole(directory, SEED_FILE, `${seed.trim()}\n`)
  await writeIdentity(directory, identity)
  return { identity, seed: seed.trim() }
}

/** Replaces the public part, for example when the trusted masters change. */
export async function writeIdentity(directory: string, identity: Identity): Promise<void> {
  await writeWhole(directory, IDENTITY_FILE, `${JSON.stringify(identity, undefined, 2)}\n`)
}

/** @throws RoadsteadError `bad-config` when a file is missing, unreadable or does not fit the other. */
export async function loadIdentity(directory: string): Promise<LoadedIdentity> {
  const identity = Identity.safeParse(await readJson(join(directory, IDENTITY_FILE)))
  if (!identity.success) {
    throw new RoadsteadError('bad-config', {
      [IDENTITY_FILE]: `${directory} holds no readable identity; join again`,
    })
  }
  const path = join(directory, SEED_FILE)
  const seed = (await readIfThere(path))?.trim() ?? ''
  if (seed === '' || publicKeyOf(seed) !== identity.data.publicKey) {
    throw new RoadsteadError('bad-config', {
      [SEED_FILE]: `${path} is not the seed of this identity`,
    })
  }
  await chmod(path, 0o600)
  return { identity: identity.data, seed }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse((await readIfThere(path)) ?? 'null')
  } catch {
    return undefined
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Temporary file, sync, rename: a reader sees the old text or the new one, never half of it. */
async function writeWhole(directory: string, name: string, text: string): Promise<void> {
  const temporary = join(directory, `.${name}.${randomBytes(4).toString('hex')}`)
  try {
    await using file = await open(temporary, 'wx', 0o600)
    await file.writeFile(text)
    await file.sync()
    await rename(temporary, join(directory, name))
  } catch (error) {
    await rm(temporary, { force: true })
    throw new RoadsteadError('disk-failed', { path: join(directory, name) }, { cause: error })
  }
  await using folder = await open(directory, 'r')
  await folder.sync()
}
