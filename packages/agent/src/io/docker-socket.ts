import { chmod, chown, link, lstat, rm, stat } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import process from 'node:process'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { isAnswered } from './is-answered.ts'
import { type Gate, Relay } from './relay.ts'

/** Followers of logs and events keep theirs for days; a busy host has some hundreds. */
const CONNECTIONS_MAX = 4_096
/** For whoever may use the engine's own socket, and nobody else. */
const SOCKET_MODE = 0o660
/** Until then for the agent alone. */
const UMASK = 0o177

export interface DockerSocketOptions {
  /** Where to listen; its folder exists. */
  readonly path: string
  readonly enginePath: string
  readonly gate: Gate
  /** Which socket file is ours, from one life to the next. */
  readonly memory: { readonly socketBefore: string; keepSocket(identity: string): Promise<void> }
  readonly log: Log
}

/**
 * Serves the engine's API at a second path, with every connection relayed. The socket belongs to the
 * group that the engine's belongs to, since it gives the same power over the host.
 *
 * @throws RoadsteadError `socket-taken` when somebody else's file is there, `disk-failed`.
 */
export async function openDockerSocket(options: DockerSocketOptions): Promise<AsyncDisposable> {
  const { path, log } = options
  const relays = new Set<Relay>()
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const relay = new Relay(client, options.enginePath, options.gate)
    relays.add(relay)
    client.on('close', () => relays.delete(relay))
  })
  server.maxConnections = CONNECTIONS_MAX
  let ours: string
  try {
    await makeRoom(options)
    ours = await putInPlace(server, options)
  } catch (error) {
    server.close()
    if (error instanceof RoadsteadError) throw error
    throw new RoadsteadError('disk-failed', { path }, { cause: error })
  }
  log.info({ path }, 'docker socket served')
  return {
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      for (const relay of relays) relay.destroy()
      if ((await identityOf(path)) === ours) await rm(path, { force: true })
      await closed.promise
    },
  }
}

/** A file that a life of ours left behind makes room; anything else is somebody's. */
async function makeRoom({ path, enginePath, memory }: DockerSocketOptions): Promise<void> {
  if (path === enginePath) throw taken(path, 'it is the socket of the engine itself')
  const there = await identityOf(path)
  if (there === undefined) return
  if (await isAnswered(path)) throw taken(path, 'somebody listens there')
  if (there !== memory.socketBefore) throw taken(path, 'the file was not made by this agent')
  await rm(path, { force: true })
}

/**
 * Under another name first: at its own it appears with the right owner, and is ours on record. It takes
 * the place of nothing that has come there meanwhile.
 */
async function putInPlace(server: Server, options: DockerSocketOptions): Promise<string> {
  const { path, enginePath, memory, log } = options
  const temporary = `${path}.new`
  await removeLeftover(temporary)
  await listen(server, temporary)
  try {
    await giveToGroup(temporary, (await stat(enginePath)).gid)
    await chmod(temporary, SOCKET_MODE)
  } catch (error) {
    log.warn({ path, err: error }, 'docker socket is not given to the group of the engine’s socket')
  }
  const identity = (await identityOf(temporary)) ?? ''
  await memory.keepSocket(identity)
  try {
    await link(temporary, path)
  } catch (error) {
    if ((await identityOf(path)) === undefined) throw error
    throw taken(path, 'somebody has just put a file there')
  }
  await rm(temporary)
  return identity
}

/** Of a life that was killed in these few milliseconds; what is no dead socket is somebody's. */
async function removeLeftover(path: string): Promise<void> {
  if ((await identityOf(path)) === undefined) return
  const isDead = (await lstat(path)).isSocket() && !(await isAnswered(path))
  if (!isDead) throw taken(path, 'it is in the way of the one beside it')
  await rm(path, { force: true })
}

async function giveToGroup(path: string, group: number): Promise<void> {
  const { uid, gid } = await stat(path)
  if (gid !== group) await chown(path, uid, group)
}

/** The file is made before `listen` returns, so no other one falls under this mask. */
function listen(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  const before = process.umask(UMASK)
  server.listen(path, () => resolve())
  process.umask(before)
  return promise
}

/** Tells this very file from another one at the same path; undefined when there is none. */
async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, birthtimeMs } = await lstat(path)
    return `${dev}:${ino}:${Math.floor(birthtimeMs)}`
  } catch {
    return undefined
  }
}

function taken(path: string, why: string): RoadsteadError {
  return new RoadsteadError('socket-taken', { path, why })
}
