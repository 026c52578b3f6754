import { readdir, readFile, readlink } from 'node:fs/promises'

/** Files that one worker may have open; nginx is started with room for 16,384. */
const FILES_MAX = 20_000

/**
 * Established TCP connections of these processes, counted by `<address>:<port>` at the other end,
 * without those that came in at a port where they listen. Linux shows a process's sockets by inode,
 * and the ends of all of them in a table of the network namespace that the process lives in.
 */
export async function connectionsOf(
  pids: readonly number[],
  listenPorts: readonly number[],
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const pid of pids) {
    const mine = await socketsOf(pid)
    if (mine.size === 0) continue
    for (const table of ['tcp', 'tcp6']) {
      const text = await readFile(`/proc/${pid}/net/${table}`, 'latin1').catch(() => '')
      for (const { inode, port, peer } of establishedIn(text)) {
        if (!listenPorts.includes(port) && mine.has(inode))
          counts.set(peer, (counts.get(peer) ?? 0) + 1)
      }
    }
  }
  return counts
}

async function socketsOf(pid: number): Promise<ReadonlySet<string>> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder).catch(() => [])
  const links = names
    .slice(0, FILES_MAX)
    .map((name) => readlink(`${folder}/${name}`).catch(() => ''))
  const inodes = (await Promise.all(links)).map((link) => /^socket:\[([0-9]+)\]$/.exec(link)?.[1])
  return new Set(inodes.filter((inode) => inode !== undefined))
}

const ESTABLISHED = '01'

interface Established {
  readonly inode: string
  /** At this end. */
  readonly port: number
  readonly peer: string
}

function establishedIn(text: string): readonly Established[] {
  return text.split('\n').flatMap((line) => {
    const [, local = '', remote, state, , , , , , inode] = line.trim().split(/\s+/)
    if (state !== ESTABLISHED || remote === undefined || inode === undefined) return []
    const port = Number.parseInt(local.slice(local.indexOf(':') + 1), 16)
    return [{ inode, port, peer: readEnd(remote) }]
  })
}

/** `0100007F:1F90` is 127.0.0.1:8080: words of four bytes, each in the order of the processor. */
function readEnd(text: string): string {
  const [address = '', port = ''] = text.split(':')
  const words = address.match(/.{8}/g) ?? []
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse())
  const number = Number.parseInt(port, 16)
  if (bytes.length === 4)
    return `${bytes.map((byte) => Number.parseInt(byte, 16)).join('.')}:${number}`
  const groups = Array.from({ length: 8 }, (_, at) => `${bytes[2 * at]}${bytes[2 * at + 1]}`)
  return `[${new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)}]:${number}`
}
