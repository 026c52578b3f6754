import { connect } from 'node:net'

/** As long as nginx itself waits for a connection. */
const CONNECT_MS = 1_000

/** Whether something accepts connections at an address. */
export function checkTcp(address: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ host: address, port })
  const end = (answered: boolean) => {
    resolve(answered)
    socket.destroy()
  }
  socket.setTimeout(CONNECT_MS, () => end(false))
  socket.on('connect', () => end(true))
  socket.on('error', () => end(false))
  return promise
}
