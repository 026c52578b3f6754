import { connect, type NetConnectOpts } from 'node:net'

/** An nginx that takes longer to answer one line is not serving visitors either. */
const ANSWER_MS = 1_000
const ANSWER_BYTES_MAX = 4_096

/** What a server says to one question over a fresh connection; empty when nobody answers. */
export function exchange(where: NetConnectOpts, question: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let answer = ''
  const socket = connect(where, () => socket.write(question))
  socket.setEncoding('latin1')
  socket.setTimeout(ANSWER_MS, () => socket.destroy())
  socket.on('data', (chunk: string) => {
    answer += chunk
    if (answer.length > ANSWER_BYTES_MAX) socket.destroy()
  })
  socket.on('error', () => undefined)
  socket.on('close', () => resolve(answer))
  return promise
}
