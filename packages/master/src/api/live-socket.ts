import type { WebSocket } from '@fastify/websocket'
import type { FastifyRequest } from 'fastify'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { ClientHello } from '@roadstead/shared/protocol/live.ts'
import { SESSION_COOKIE } from './guard.ts'
import type { LiveClient } from './live-client.ts'
import type { LiveFeed } from './live-feed.ts'
import type { ApiServer } from './server.ts'
import type { Sessions } from './sessions.ts'

export interface LiveDeps {
  readonly feed: LiveFeed
  readonly sessions: Sessions
  readonly clock: { monoMs(): number; after(ms: number, task: () => void): Disposable }
}

/** The live feed at `/api/v1/live`. A client says hello once; after that it only listens. */
export function addLive(app: ApiServer, deps: LiveDeps): void {
  const openByCaller = new Map<string, number>()
  app.route({
    method: 'GET',
    url: '/api/v1/live',
    websocket: true,
    onRequest: async (request) => {
      if (!request.ws) throw new RoadsteadError('bad-input', { needs: 'a WebSocket upgrade' })
      const open = openByCaller.get(keyOf(request)) ?? 0
      if (deps.feed.size >= CLIENTS_MAX || open >= CLIENTS_PER_CALLER_MAX) {
        throw new RoadsteadError('too-many-requests', { open })
      }
    },
    handler: (socket, request) => {
      const key = keyOf(request)
      openByCaller.set(key, (openByCaller.get(key) ?? 0) + 1)
      socket.on('close', () => {
        const left = (openByCaller.get(key) ?? 1) - 1
        if (left > 0) openByCaller.set(key, left)
        else openByCaller.delete(key)
      })
      serve(socket, request, deps)
    },
  })
}

function serve(socket: WebSocket, request: FastifyRequest, deps: LiveDeps): void {
  const { feed, sessions, clock } = deps
  const { authorization } = request.headers
  const cookie = request.cookies[SESSION_COOKIE]
  let client: LiveClient | undefined
  const impatience = clock.after(HELLO_MS_MAX, () => {
    if (client === undefined) socket.close(1008, 'no hello')
  })
  socket.on('message', (data) => {
    const hello = data instanceof Buffer ? parsedHello(data.toString()) : undefined
    if (hello === undefined || client !== undefined) {
      socket.close(1008, 'one hello was expected')
      return
    }
    const mayRead = (): boolean => sessions.callerOf(authorization, cookie) !== undefined
    client = feed.join(socket, hello.resume, mayRead)
  })
  socket.on('pong', () => client?.heard(clock.monoMs()))
  socket.on('close', () => {
    impatience[Symbol.dispose]()
    if (client !== undefined) feed.leave(client)
  })
}

function parsedHello(text: string): ClientHello | undefined {
  try {
    return ClientHello.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function keyOf({ caller, ip }: FastifyRequest): string {
  return `${ip} ${caller?.tokenId ?? caller?.name ?? ''}`
}

/** A hello is a hundred bytes; nothing else is ever sent to us. */
export const INCOMING_BYTES_MAX = 64 * 1024
const HELLO_MS_MAX = 10_000
/** Each costs a socket and up to 8 MiB of unread patches for a moment. */
const CLIENTS_MAX = 500
/** Several tabs and terminals of one person. */
const CLIENTS_PER_CALLER_MAX = 8
