import { connect } from 'node:net'

/** `unreachable`: no answer at all, so another way to the same port may be better. */
export type ProbeAnswer = 'accepted' | 'refused' | 'unreachable'

/** Tries one TCP connection and closes it at once. Never rejects. */
export function tryConnect(
  address: string,
  port: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const { promise, resolve } = Promise.withResolvers<ProbeAnswer>()
  const socket = connect({ host: address, port, signal, timeout: timeoutMs })
  socket.once('connect', () => finish('accepted'))
  socket.once('timeout', () => finish('unreachable'))
  socket.once('error', (error) => {
    finish('code' in error && error.code === 'ECONNREFUSED' ? 'refused' : 'unreachable')
  })
  return promise

  function finish(answer: ProbeAnswer): void {
    resolve(answer)
    // A reset and not a farewell: nothing was said, and no port is left waiting for its time to end.
    if (answer === 'accepted') socket.resetAndDestroy()
    else socket.destroy()
  }
}
