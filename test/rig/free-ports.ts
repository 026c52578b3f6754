import { once } from 'node:events'
import { createServer } from 'node:net'
import { claim } from './claim.ts'

/**
 * Ports below those that the kernel hands out by itself: a connection that anybody opens meanwhile
 * cannot take one of these away. Each test process has blocks of them for itself, since a port may be
 * chosen long before anybody listens there.
 */
const FIRST = 12_000
const BLOCKS = 200
const BLOCK_SIZE = 100
const left: number[] = []

/**
 * Ports that nobody uses now, on any address. A part that is killed has to come back where the others
 * look for it, so its port is chosen before it starts. No port is given twice.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = left.shift() ?? (await another())
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

/** The first of two beside each other, as the masters of one machine want them. */
export async function freePair(): Promise<number> {
  for (;;) {
    const [first = 0, second = 0] = await freePorts(2)
    if (second === first + 1) return first
  }
}

/** The first port of a block that nobody has; the rest of it is left. */
async function another(): Promise<number> {
  for (;;) {
    const first = FIRST + BLOCK_SIZE * Math.floor(Math.random() * BLOCKS)
    if (!(await claim(`ports from ${first}`))) continue
    for (let next = first + 1; next < first + BLOCK_SIZE; next += 1) left.push(next)
    return first
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
