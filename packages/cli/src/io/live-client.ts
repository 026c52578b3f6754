import { WebSocket } from 'ws'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { LiveFrame, type LiveState } from '@roadstead/shared/protocol/live.ts'
import { applyPatch } from '../core/apply-patch.ts'

/** A snapshot of 1,000 hosts stays well below; a server that sends more is not one of ours. */
const FRAME_BYTES_MAX = 64 * 1024 * 1024

/** The server sends at least an idle frame every 10 s. */
const SILENCE_MS_MAX = 35_000

/** Frames that a slow terminal may leave unread before the connection counts as broken. */
const UNREAD_FRAMES_MAX = 1_000

export interface LiveParams {
  readonly token: string | undefined
  readonly clock: Clock
  readonly signal: AbortSignal
}

export interface Live {
  readonly state: LiveState
  /** Events that came with this change; on a first or new snapshot all it holds. */
  readonly news: LiveState['events']
  readonly snapshot: boolean
}

/**
 * The state of the federation each time it changes, until `signal` aborts or the feed ends.
 *
 * @throws `master-unreachable` when the connection cannot be made or falls silent.
 */
export async function* followLive(server: string, params: LiveParams): AsyncGenerator<Live, void> {
  await using feed = openFeed(server, params)
  let state: LiveState | undefined
  let revision = -1
  for await (const frame of feed.frames()) {
    if (frame.kind === 'snapshot') {
      state = frame.state
      revision = frame.revision
      yield { state, news: state.events, snapshot: true }
    } else if (frame.kind === 'patch' && state !== undefined && frame.from === revision) {
      state = applyPatch(state, frame.patch)
      revision = frame.revision
      yield { state, news: frame.patch.events ?? [], snapshot: false }
    } else if (frame.kind === 'patch') {
      feed.hello()
    } else if (frame.kind === 'goaway') {
      return
    }
  }
}

interface Feed extends AsyncDisposable {
  frames(): AsyncGenerator<LiveFrame, void>
  /** Asks for a snapshot. */
  hello(): void
}

function openFeed(server: string, { clock, signal, token }: LiveParams): Feed {
  const url = `${server.replace(/^http/, 'ws').replace(/\/$/, '')}/api/v1/live`
  const socket = new WebSocket(url, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    maxPayload: FRAME_BYTES_MAX,
    handshakeTimeout: 5_000,
  })
  const unread: LiveFrame[] = []
  let ended = false
  let failure: Error | undefined
  let wake = Promise.withResolvers<void>()
  const ring = (): void => wake.resolve()
  const end = (error?: Error): void => {
    ended = true
    failure ??= error
    ring()
  }
  const hello = (): void => socket.send(JSON.stringify({ kind: 'hello' }))
  const onAbort = (): void => end()
  signal.addEventListener('abort', onAbort, { once: true })
  socket.on('open', hello)
  socket.on('error', end)
  socket.on('close', () => end())
  const listen = (): Disposable => clock.after(SILENCE_MS_MAX, () => end(new Error('silent')))
  let quiet = listen()
  socket.on('message', (data) => {
    quiet[Symbol.dispose]()
    quiet = listen()
    const frame = LiveFrame.safeParse(parseJson(textOf(data)))
    if (!frame.success) return end(new Error('a frame that cannot be read'))
    if (unread.push(frame.data) > UNREAD_FRAMES_MAX) end(new Error('reads too slowly'))
    ring()
  })
  return { frames, hello, [Symbol.asyncDispose]: close }

  async function* frames(): AsyncGenerator<LiveFrame, void> {
    while (!signal.aborted) {
      const next = unread.shift()
      if (next !== undefined) {
        yield next
      } else if (ended) {
        if (failure === undefined) return
        throw new RoadsteadError('master-unreachable', { server }, { cause: failure })
      } else {
        await wake.promise
        wake = Promise.withResolvers<void>()
      }
    }
  }

  async function close(): Promise<void> {
    quiet[Symbol.dispose]()
    signal.removeEventListener('abort', onAbort)
    socket.terminate()
  }
}

function textOf(data: unknown): string {
  return Buffer.isBuffer(data) ? data.toString('utf8') : ''
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
