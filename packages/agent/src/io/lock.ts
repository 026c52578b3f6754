import { type FileHandle, open, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { isAnswered } from './is-answered.ts'

const LOCK_FILE = 'agent.lock'

/**
 * Makes sure that only one agent uses a directory, by listening on a socket in it. Whoever dies, in
 * whatever way, stops listening; so a lock can be left over but never be mistaken for a living one,
 * in any process or network namespace that shares the disk.
 *
 * @throws RoadsteadError `state-locked` when an agent answers there.
 */
export async function lockDirectory(directory: string): Promise<AsyncDisposable> {
  // A socket's path may have 107 bytes; through the open directory it is short wherever that is.
  const folder = await open(directory, 'r')
  const path = `/proc/self/fd/${folder.fd}/${LOCK_FILE}`
  try {
    const server = (await tryListen(path)) ?? (await takeOver(path, directory))
    return { [Symbol.asyncDispose]: () => release(server, folder) }
  } catch (error) {
    await folder.close()
    throw error
  }
}

async function takeOver(path: string, directory: string): Promise<Server> {
  if (!(await isAnswered(path))) {
    await rm(path, { force: true })
    const server = await tryListen(path)
    if (server !== undefined) return server
  }
  throw new RoadsteadError('state-locked', { path: join(directory, LOCK_FILE) })
}

/** Undefined when the file is there already, whoever left it. */
function tryListen(path: string): Promise<Server | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Server | undefined>()
  const server = createServer((socket) => socket.destroy())
  server.once('error', (error) => {
    if ('code' in error && error.code === 'EADDRINUSE') resolve(undefined)
    else reject(new RoadsteadError('disk-failed', { path }, { cause: error }))
  })
  server.listen(path, () => resolve(server))
  // The lock alone keeps no process alive.
  server.unref()
  return promise
}

async function release(server: Server, folder: FileHandle): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  await promise
  await folder.close()
}
