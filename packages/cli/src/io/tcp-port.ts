import net from 'node:net'

/** Whether this process could listen there now. */
export async function isPortFree(address: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = net.createServer()
  server.once('error', () => resolve(false))
  server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)))
  return promise
}

/** Whether something accepts connections there. */
export async function accepts(address: string, port: number, timeoutMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = net.connect({ host: address, port, timeout: timeoutMs })
  socket.once('connect', () => resolve(true))
  socket.once('error', () => resolve(false))
  socket.once('timeout', () => resolve(false))
  try {
    return await promise
  } finally {
    socket.destroy()
  }
}
