import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Ports that nobody uses now. A part that is killed has to come back where the others look for it, so
 * its port is chosen before it starts.
 */
export async function freePorts(count: number, host = '127.0.0.1'): Promise<number[]> {
  const listeners = Array.from({ length: count }, () => createServer().listen(0, host))
  await Promise.all(listeners.map((listener) => once(listener, 'listening')))
  const ports = listeners.map((listener) => {
    const address = listener.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  })
  await Promise.all(listeners.map((listener) => once(listener.close(), 'close')))
  return ports
}
