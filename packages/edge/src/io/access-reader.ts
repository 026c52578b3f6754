import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { readSync } from 'node:fs'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { LINE_BYTES_MAX, readAccessLine } from '../core/requests/access-line.ts'
import {
  type Ended,
  nothingCounted,
  sumTallies,
  type Tally,
  tallyOf,
} from '../core/requests/counts.ts'

/** Lines that are added up in one go: about a quarter of a millisecond, and the sums are copied once. */
const FOLD_LINES = 1_000
/**
 * While we wait in the kernel for a line, nginx pays for waking us: a microsecond of each request. So we
 * look now and then instead, and sleep in between where no line can reach us. Linux keeps 512 lines where
 * nobody has set anything, and two processors of nginx send 200 in this time.
 */
const NAP_MS = 4
/** Read in one go: some 10 ms. */
const LINES_AT_ONCE = 4_096
/** Linux gives as much of it as `net.core.rmem_max` says. */
const BUFFER_BYTES = 4 * 1024 * 1024

export interface AccessPlace {
  readonly port: number
  readonly tag: string
}

export interface Heard {
  readonly tally: Tally
  /** Lines for which the kernel had no room. */
  readonly lost: number
  /** Datagrams that are not from our nginx. */
  readonly strange: number
}

/**
 * Reads what nginx sends, in a thread of its own: it stands still for most of the time. The first line
 * after a pause comes as an event, which costs Node 5 µs; those that are there by then are read from the
 * descriptor itself, for a fifth of that.
 */
export class AccessReader {
  readonly place: AccessPlace
  #descriptor: number | undefined
  readonly #nap: (ms: number) => void
  readonly #line = Buffer.alloc(LINE_BYTES_MAX + 1)
  #ended: Ended[] = []
  #tally = nothingCounted
  #drops = 0
  #strange = 0

  private constructor(place: AccessPlace, socket: Socket, nap: (ms: number) => void) {
    this.place = place
    this.#nap = nap
    socket.on('message', (message) => {
      this.#read(message, message.length)
      this.#rest()
    })
  }

  /**
   * On the port of the life before, or on another one when somebody has taken it.
   *
   * @param nap stops this thread.
   * @returns undefined when there is no loopback.
   */
  static async at(
    before: AccessPlace | undefined,
    nap: (ms: number) => void,
  ): Promise<AccessReader | undefined> {
    const kept = before === undefined ? undefined : await bound(before.port)
    const socket = kept ?? (await bound(0))
    if (socket === undefined) return undefined
    const { port } = socket.address()
    const tag = `rs${randomBytes(12).toString('hex')}`
    const place = before !== undefined && kept !== undefined ? before : { port, tag }
    const reader = new AccessReader(place, socket, nap)
    reader.#descriptor = await descriptorOf(port)
    return reader
  }

  /** What has come since it was asked last. */
  async take(): Promise<Heard> {
    const drops = (await inKernel(this.place.port))?.drops ?? 0
    // From here to the end nothing is waited for: lines that come meanwhile are in the next take.
    this.#fold()
    const lost = Math.max(0, drops - this.#drops)
    const heard = { tally: this.#tally, lost, strange: this.#strange }
    this.#tally = nothingCounted
    this.#strange = 0
    this.#drops = Math.max(this.#drops, drops)
    return heard
  }

  /** Thirty times at most before libuv lets anybody ask us something. */
  #rest(): void {
    // Where only events bring lines, we would lose some while we sleep.
    if (this.#descriptor === undefined) return
    this.#nap(NAP_MS)
    this.#drain(this.#descriptor)
  }

  /** All that is there now, or much of it. */
  #drain(descriptor: number): void {
    for (let lines = 0; lines < LINES_AT_ONCE; lines += 1) {
      const length = readNow(descriptor, this.#line)
      if (length === undefined) return
      this.#read(this.#line, length)
    }
  }

  #read(line: Buffer, length: number): void {
    const isLong = length > LINE_BYTES_MAX
    const text = isLong ? '' : line.toString('latin1', 0, length)
    const ended = readAccessLine(text, this.place.tag)
    if (ended === undefined) this.#strange += 1
    else if (this.#ended.push(ended) >= FOLD_LINES) this.#fold()
  }

  #fold(): void {
    this.#tally = sumTallies(this.#tally, tallyOf(this.#ended))
    this.#ended = []
  }
}

/** Undefined when the port is somebody else's, or when there is no loopback. */
async function bound(port: number): Promise<Socket | undefined> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES })
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket.once('error', () => resolve(false))
  socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true))
  if (!(await promise)) {
    socket.close()
    return undefined
  }
  socket.removeAllListeners('error')
  // The kernel tells of a line that nobody read in the life before; the next one comes all the same.
  socket.on('error', () => undefined)
  return socket
}

/** One datagram; undefined when there is none. */
function readNow(descriptor: number, into: Buffer): number | undefined {
  try {
    return readSync(descriptor, into)
  } catch {
    return undefined
  }
}

/** Of the socket on this port; undefined where the system does not show it. */
async function descriptorOf(port: number): Promise<number | undefined> {
  const inode = (await inKernel(port))?.inode
  const names = await readdir(DESCRIPTORS).catch(() => [])
  for (const name of inode === undefined ? [] : names) {
    const target = await readlink(join(DESCRIPTORS, name)).catch(() => '')
    if (target === `socket:[${inode}]`) return Number(name)
  }
  return undefined
}

const DESCRIPTORS = '/proc/self/fd'

interface InKernel {
  readonly inode: string
  /** Datagrams for which there was no room. */
  readonly drops: number
}

/** A line of the list of sockets of the kernel. */
async function inKernel(port: number): Promise<InKernel | undefined> {
  const text = await readFile('/proc/net/udp', 'utf8').catch(() => '')
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const line = text.split('\n').find((each) => each.includes(` 0100007F:${hex} 00000000:0000 `))
  const [, , , , , , , , , inode, , , drops] = line?.trim().split(/\s+/) ?? []
  return inode === undefined ? undefined : { inode, drops: Number(drops) }
}
