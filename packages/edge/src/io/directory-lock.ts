import { rm, stat } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'

const LOCK = 'edge.lock'
/** Long enough for a second edge, started at the same moment, to have taken the name from us. */
const SETTLE_MS = 100

/**
 * Holds a directory for one process: a socket that somebody listens on. The kernel closes it when its
 * owner dies, however it dies, and it tells the truth across containers that share the directory,
 * where a process id would not.
 *
 * @throws RoadsteadError `state-locked` when another edge uses the directory.
 */
export async function lockDirectory(directory: string, clock: Clock): Promise<AsyncDisposable> {
  const path = join(directory, LOCK)
  if (await isListenedOn(path)) throw new RoadsteadError('state-locked', { directory })
  await rm(path, { force: true })
  const server = await listen(path, directory)
  const mine = await stat(path)
  await clock.sleep(SETTLE_MS)
  const now = await stat(path).catch(() => undefined)
  if (now?.ino !== mine.ino) {
    server.close()
    throw new RoadsteadError('state-locked', { directory })
  }
  return {
    async [Symbol.asyncDispose]() {
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      await promise
    },
  }
}

function listen(path: string, directory: string): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<Server>()
  const server = createServer((socket) => socket.destroy())
  server.once('error', (error) => {
    reject(new RoadsteadError('state-locked', { directory }, { cause: error }))
  })
  server.listen(path, () => resolve(server))
  server.unref()
  return promise
}

function isListenedOn(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(path)
  socket.on('connect', () => {
    resolve(true)
    socket.destroy()
  })
  socket.on('error', () => resolve(false))
  return promise
}
