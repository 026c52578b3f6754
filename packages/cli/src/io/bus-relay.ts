import { once } from 'node:events'
import net from 'node:net'

/** A way to NATS that can be cut: one host loses the bus and nobody else notices. */
export interface BusRelay extends AsyncDisposable {
  /** For the identity of the host. */
  readonly url: string
  /** Ends what is open, and closes at once what is opened until it is mended. */
  cut(): void
  mend(): void
}

/** @param natsUrl one server without TLS, as `simulate` starts it. */
export async function openBusRelay(natsUrl: string): Promise<BusRelay> {
  const target = new URL(natsUrl)
  const sockets = new Set<net.Socket>()
  let isCut = false
  const server = net.createServer((client) => {
    if (isCut) {
      client.destroy()
      return
    }
    const beyond = net.connect(Number(target.port), target.hostname.replace(/^\[|\]$/g, ''))
    for (const [from, to] of [
      [client, beyond],
      [beyond, client],
    ] as const) {
      sockets.add(from)
      from.setNoDelay(true)
      from.on('error', () => to.destroy())
      from.once('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const end = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `nats://127.0.0.1:${port}`,
    cut() {
      isCut = true
      end()
    },
    mend() {
      isCut = false
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      end()
      await closed
    },
  }
}
