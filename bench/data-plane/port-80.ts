import { once } from 'node:events'
import net from 'node:net'
import type { Place } from './own-nginx.ts'

/** Two addresses that nobody else is likely to use, with port 80; none where this process may not. */
export async function placesOnPort80(): Promise<readonly Place[]> {
  const places = [80, 81].map((second) => ({
    bind: `127.${second}.${(process.pid >> 8) & 255}.${process.pid & 255}`,
    port: 80,
  }))
  for (const { bind: host, port } of places) {
    const listener = net.createServer().listen({ host, port, exclusive: true })
    try {
      await once(listener, 'listening')
      await once(listener.close(), 'close')
    } catch {
      return []
    }
  }
  return places
}
