import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { InstanceId, PublicKey, ShortHashLength } from '@roadstead/shared/kernel/ids.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { KeyedHash } from '../core/environment.ts'
import type { Leadership } from '../core/obey.ts'
import { lockDirectory } from './lock.ts'

const BOOT_FILE = 'boot'
const EPOCH_FILE = 'highest-epoch'
const CONTAINERS_FILE = 'containers'
const SOCKET_FILE = 'docker-socket'
const KEY_FILE = 'environment.key'

/** What an agent must remember over its own death. It belongs to one process at a time. */
export interface StateDir extends AsyncDisposable {
  readonly path: string
  /** Number of this life of the agent; larger than that of any life before. */
  readonly boot: number
  /** Highest leadership obeyed in any life. */
  readonly leadership: Leadership
  /** Identity of the socket file that the life before this one made; empty when it made none. */
  readonly socketBefore: string
  /** How many containers the life before this one knew of. */
  readonly containersBefore: number
  /** Hashes under a key that never leaves this directory. */
  readonly environmentHash: KeyedHash
  /** Resolves when the disk has it. */
  keepLeadership(leadership: Leadership): Promise<void>
  keepSocket(identity: string): Promise<void>
  /** Remembers for the next life how many containers there are. */
  keepContainers(count: number): Promise<void>
}

/**
 * Opens the directory and begins a new life: the boot counter is raised and on disk before this
 * resolves, so no two lives can ever stamp alike.
 *
 * @throws RoadsteadError `state-locked` when another agent uses it, `disk-failed`, `disk-full`.
 */
export async function openStateDir(path: string): Promise<StateDir> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw diskError(path, error)
  }
  const lock = await lockDirectory(path)
  try {
    const boot = (await readCount(path, BOOT_FILE)) + 1
    await writeWhole(path, BOOT_FILE, String(boot))
    // Made once: bytes would be made a key again at every look.
    const key = createSecretKey(await environmentKey(path))
    return {
      path,
      boot,
      leadership: await readLeadership(path),
      socketBefore: (await read(path, SOCKET_FILE)) ?? '',
      containersBefore: await readCount(path, CONTAINERS_FILE),
      environmentHash: (text) =>
        createHmac('sha256', key).update(text).digest('hex').slice(0, ShortHashLength),
      keepLeadership: ({ epoch, instance = '', signer = '' }) =>
        writeWhole(path, EPOCH_FILE, `${epoch} ${instance} ${signer}`.trim()),
      keepSocket: (identity) => writeWhole(path, SOCKET_FILE, identity),
      keepContainers: (count) => writeWhole(path, CONTAINERS_FILE, String(count)),
      [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose](),
    }
  } catch (error) {
    await lock[Symbol.asyncDispose]()
    throw error
  }
}

async function environmentKey(directory: string): Promise<Buffer> {
  const kept = Buffer.from((await read(directory, KEY_FILE)) ?? '', 'hex')
  if (kept.length === 32) return kept
  const key = randomBytes(32)
  await writeWhole(directory, KEY_FILE, key.toString('hex'))
  return key
}

/** A counter that cannot be read is not a counter at nought: it would let a life be repeated. */
async function readCount(directory: string, name: string): Promise<number> {
  const text = await read(directory, name)
  if (text === undefined) return 0
  if (/^[0-9]{1,15}$/.test(text)) return Number(text)
  throw new RoadsteadError('disk-failed', { path: join(directory, name), problem: 'not a number' })
}

/** An epoch, whose it is, and who signs for it: as much of that as has been obeyed. */
async function readLeadership(directory: string): Promise<Leadership> {
  const text = (await read(directory, EPOCH_FILE)) ?? '0'
  const [, epoch, word, key] = /^([0-9]{1,15})(?: (\S+))?(?: (\S+))?$/.exec(text) ?? []
  const instance = InstanceId.safeParse(word).data
  const signer = PublicKey.safeParse(key).data
  const isBroken = (word !== undefined && !instance) || (key !== undefined && !signer)
  if (epoch === undefined || isBroken) {
    const path = join(directory, EPOCH_FILE)
    throw new RoadsteadError('disk-failed', { path, problem: 'not an epoch' })
  }
  return { epoch: Number(epoch), ...(instance && { instance }), ...(signer && { signer }) }
}

async function read(directory: string, name: string): Promise<string | undefined> {
  const path = join(directory, name)
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw diskError(path, error)
  }
}

/** Temporary file, sync, rename, sync of the directory: there is never half a number. */
async function writeWhole(directory: string, name: string, text: string): Promise<void> {
  const path = join(directory, name)
  const temporary = `${path}.new`
  try {
    await using file = await open(temporary, 'w', 0o600)
    await file.writeFile(`${text}\n`)
    await file.sync()
    await rename(temporary, path)
    await using folder = await open(directory, 'r')
    await folder.sync()
  } catch (error) {
    throw diskError(path, error)
  }
}

function diskError(path: string, error: unknown): RoadsteadError {
  const code = codeOf(error) === 'ENOSPC' ? 'disk-full' : 'disk-failed'
  return new RoadsteadError(code, { path }, { cause: error })
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
