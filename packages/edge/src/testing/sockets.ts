import { createSocket } from 'node:dgram'
import { createConnection, createServer, type Socket } from 'node:net'

export interface Echo extends AsyncDisposable {
  readonly port: number
}

/** Answers each line with its name and the line. */
export async function tcpEcho(name: string): Promise<Echo> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => socket.write(`${name} ${bytes.toString()}`))
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((closed) => server.close(() => closed()))
    },
  }
}

export async function udpEcho(name: string): Promise<Echo> {
  const socket = createSocket('udp4')
  socket.on('message', (bytes, from) => {
    socket.send(`${name} ${bytes.toString()}`, from.port, from.address)
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.bind(0, '127.0.0.1', resolve)
  await promise
  return {
    port: socket.address().port,
    [Symbol.asyncDispose]: () => new Promise((closed) => socket.close(() => closed())),
  }
}

/** One connection that says something and hears the answer; what it ended with when there is none. */
export class Conversation implements AsyncDisposable {
  readonly #socket: Socket
  #waiting = Promise.withResolvers<string>()

  constructor(port: number) {
    this.#socket = createConnection({ host: '127.0.0.1', port })
    this.#socket.on('data', (bytes) => this.#waiting.resolve(bytes.toString()))
    this.#socket.on('error', (error) => {
      this.#waiting.resolve('code' in error ? String(error.code) : error.message)
    })
    this.#socket.on('close', () => this.#waiting.resolve('closed'))
  }

  async say(text: string): Promise<string> {
    this.#waiting = Promise.withResolvers()
    if (this.#socket.closed) return 'closed'
    this.#socket.write(text)
    return this.#waiting.promise
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy()
    return Promise.resolve()
  }
}

/** By a connection of its own. */
export async function askTcp(port: number, text = 'hello'): Promise<string> {
  await using conversation = new Conversation(port)
  return await conversation.say(text)
}

/** One datagram and its answer; undefined when none comes in time. */
export async function askUdp(port: number, text = 'hello'): Promise<string | undefined> {
  const socket = createSocket('udp4')
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  socket.on('message', (bytes) => resolve(bytes.toString()))
  socket.on('error', () => resolve(undefined))
  socket.connect(port, '127.0.0.1', () => socket.send(text))
  const late = AbortSignal.timeout(ANSWER_MS)
  late.addEventListener('abort', () => resolve(undefined), { once: true })
  const answer = await promise
  await new Promise<void>((closed) => socket.close(() => closed()))
  return answer
}

const ANSWER_MS = 1_000
