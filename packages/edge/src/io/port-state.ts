import { createServer } from 'node:net'

type PortState = 'free' | 'port-busy' | 'port-forbidden' | 'foreign-address'

/** Whether nginx may listen there: asked before it is started, because it only says so in words. */
export function portState(bind: string, port: number): Promise<PortState> {
  const { promise, resolve } = Promise.withResolvers<PortState>()
  const server = createServer()
  server.once('error', (error) => {
    resolve(('code' in error && portStates[String(error.code)]) || 'port-busy')
  })
  server.listen({ host: bind, port, exclusive: true }, () => server.close(() => resolve('free')))
  return promise
}

const portStates: Readonly<Record<string, PortState>> = {
  EACCES: 'port-forbidden',
  EADDRNOTAVAIL: 'foreign-address',
  // This machine has no addresses of that version at all.
  EAFNOSUPPORT: 'foreign-address',
}

/** The port that nginx could not have, in its own words. */
export function busyPort(output: string): number | undefined {
  const port = /:(\d+) failed \(98: /.exec(output)?.[1]
  return port === undefined ? undefined : Number(port)
}
