import { createSocket } from 'node:dgram'
import { readdir, readFile, readlink } from 'node:fs/promises'
import type { Listen } from '@roadstead/shared/protocol/listen.ts'
import { ownAddresses } from './machine.ts'
import { portState } from './port-state.ts'
import { nginxProcesses } from './processes.ts'

interface StreamPortsParams {
  /** Of our nginx, with links resolved. */
  readonly folder: string
  readonly bind: string
  /** Where the edge answers HTTP, with and without TLS. */
  readonly ownPorts: readonly number[]
  /** Why no stream is served at all; undefined when they can be. */
  readonly missing: string | undefined
}

/**
 * Whether nginx may have a port for a stream. It is asked before nginx is: a port that is taken is no
 * fault of a text for `nginx -t`, and makes the reload of all routes fail.
 */
export class StreamPorts {
  readonly #params: StreamPortsParams

  constructor(params: StreamPortsParams) {
    this.#params = params
  }

  readonly isOwn = (address: string): boolean => {
    return isLoopback(address) || ownAddresses().includes(address)
  }

  /** What is wrong, for a person; undefined when nginx has it or may take it. */
  async troubleWith(listen: Listen): Promise<string | undefined> {
    const { missing, ownPorts, bind, folder } = this.#params
    const { protocol, port } = listen
    if (missing !== undefined) return missing
    if (protocol === 'tcp' && ownPorts.includes(port))
      return `this edge answers HTTP on port ${port}`
    const state = await (protocol === 'tcp' ? portState(bind, port) : datagramState(bind, port))
    switch (state) {
      case 'free':
      case 'foreign-address':
        return undefined
      case 'port-forbidden':
        return `the user of this edge may not listen on ${protocol} port ${port}`
      case 'port-busy': {
        if (await isOurs(folder, listen)) return undefined
        return `${protocol} port ${port} is taken by another process on this machine`
      }
    }
  }
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}

function datagramState(bind: string, port: number): ReturnType<typeof portState> {
  const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<typeof portState>>>()
  const socket = createSocket(bind.includes(':') ? 'udp6' : 'udp4')
  socket.once('error', (error) => {
    const code = 'code' in error ? error.code : ''
    resolve(code === 'EACCES' ? 'port-forbidden' : 'port-busy')
    socket.close()
  })
  socket.bind({ address: bind, port, exclusive: true }, () => socket.close(() => resolve('free')))
  return promise
}

/** Linux: the inodes of sockets that listen on the port, among the open files of our nginx. */
async function isOurs(folder: string, { protocol, port }: Listen): Promise<boolean> {
  for (const { pid } of await nginxProcesses(folder)) {
    const inodes = new Set<string>()
    for (const table of [protocol, `${protocol}6`]) {
      const text = await readFile(`/proc/${pid}/net/${table}`, 'latin1').catch(() => '')
      for (const inode of listeningIn(text, port)) inodes.add(inode)
    }
    if (inodes.size > 0 && (await hasOneOf(pid, inodes))) return true
  }
  return false
}

/** A TCP socket that listens, and a UDP socket with nobody at its other end. */
const LISTENING = new Set(['0A', '07'])

function listeningIn(text: string, wanted: number): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [, local = '', , state = '', , , , , , inode] = line.trim().split(/\s+/)
    const port = Number.parseInt(local.slice(local.indexOf(':') + 1), 16)
    return port === wanted && LISTENING.has(state) && inode !== undefined ? [inode] : []
  })
}

async function hasOneOf(pid: number, inodes: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`
  for (const name of await readdir(folder).catch(() => [])) {
    const link = await readlink(`${folder}/${name}`).catch(() => '')
    const inode = /^socket:\[([0-9]+)\]$/.exec(link)?.[1]
    if (inode !== undefined && inodes.has(inode)) return true
  }
  return false
}
