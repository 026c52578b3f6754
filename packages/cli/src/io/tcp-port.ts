import net from 'node:net'

/** `no-address`: nobody on this machine could ever listen there. */
export type PortState = 'free' | 'taken' | 'no-address'

/** Whether this process could listen there now. */
export async function probePort(address: string, port: number): Promise<PortState> {
  const { promise, resolve } = Promise.withResolvers<PortState>()
  const server = net.createServer()
  server.once('error', (error) => {
    resolve('code' in error && error.code === 'EADDRNOTAVAIL' ? 'no-address' : 'taken')
  })
  server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve('free')))
  return promise
}
