import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Ports below those that the kernel hands out by itself: a connection that anybody opens meanwhile
 * cannot take one of these away.
 */
const FIRST = 12_000
const COUNT = 20_000
const given = new Set<number>()

/**
 * Ports that nobody uses now, on any address. A part that is killed has to come back where the others
 * look for it, so its port is chosen before it starts. No port is given twice in one process.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    ports.push(port)
  }
  return ports
}

/** The first of two beside each other, as the masters of one machine want them. */
export async function freePair(): Promise<number> {
  for (;;) {
    const [port = 0] = await freePorts(1)
    if (given.has(port + 1) || !(await isFree(port + 1))) continue
    given.add(port + 1)
    return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const listener = createServer().listen({ port, host: '0.0.0.0', exclusive: true })
  try {
    await once(listener, 'listening')
    await once(listener.close(), 'close')
    return true
  } catch {
    return false
  }
}
