import { connect } from 'node:net'

/** Whether somebody listens on the socket of this path: a file that is left over answers nobody. */
export function isAnswered(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(path)
  socket.once('connect', () => done(true))
  socket.once('error', () => done(false))
  return promise

  function done(answer: boolean): void {
    resolve(answer)
    socket.destroy()
  }
}
