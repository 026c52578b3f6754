import { once } from 'node:events'
import net from 'node:net'
import os from 'node:os'

/** Longer, and nobody answers there. */
const DIAL_MS_MAX = 5_000

/** Interfaces that container engines and hypervisors make: they lead to this machine alone. */
const INTERNAL = /^(?:docker|br-|veth|virbr|cni|podman|flannel|cali|lxc|lxd)/

/**
 * The address by which this machine reaches the other one, and is reached by its neighbours; when it
 * reaches it by loopback, the first that it has besides. Undefined: it has none.
 *
 * @throws Error when nobody answers there
 */
export async function ownAddressTowards(url: string): Promise<string | undefined> {
  const { hostname, port, protocol } = new URL(url)
  const socket = net.connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
    timeout: DIAL_MS_MAX,
  })
  socket.once('timeout', () => socket.destroy(new Error('no answer')))
  try {
    await once(socket, 'connect')
    const address = (socket.localAddress ?? '').replace(/^::ffff:/, '')
    return isLoopback(address) ? anyAddress() : address
  } finally {
    socket.destroy()
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

function anyAddress(): string | undefined {
  return Object.entries(os.networkInterfaces())
    .filter(([name]) => !INTERNAL.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address
}
