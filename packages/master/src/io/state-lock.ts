import { open, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'

/**
 * Keeps a second master out of a state directory: two lives with one identity would be taken for one
 * by everybody. The lock is a socket that somebody listens on, so it ends with its owner.
 *
 * @throws RoadsteadError `state-locked` when another master answers there
 */
export async function lockState(directory: string): Promise<AsyncDisposable> {
  // A socket's path may have 107 bytes; through the open directory it is short wherever that is.
  const folder = await open(directory, 'r')
  const path = `/proc/self/fd/${folder.fd}/master.lock`
  const server = (await listening(path)) ?? (await takenOver(path))
  if (server === undefined) {
    await folder.close()
    throw new RoadsteadError('state-locked', { directory })
  }
  return {
    [Symbol.asyncDispose]: async () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      await promise
      await folder.close()
    },
  }
}

async function takenOver(path: string): Promise<Server | undefined> {
  if (await isAnswered(path)) return undefined
  await rm(path, { force: true })
  return listening(path)
}

/** Undefined when the name is taken, by whomever. */
function listening(path: string): Promise<Server | undefined> {
  const { promise, resolve } = Promise.withResolvers<Server | undefined>()
  const server = createServer((socket) => socket.destroy())
  server.once('error', () => resolve(undefined))
  server.listen(path, () => resolve(server))
  server.unref()
  return promise
}

function isAnswered(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(path)
  const end = (answer: boolean): void => {
    resolve(answer)
    socket.destroy()
  }
  socket.once('connect', () => end(true))
  socket.once('error', () => end(false))
  return promise
}
