import net from 'node:net'

/** Whether this process could listen there now. */
export async function isPortFree(address: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = net.createServer()
  server.once('error', () => resolve(false))
  server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)))
  return promise
}
