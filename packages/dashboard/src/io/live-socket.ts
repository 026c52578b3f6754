import type { ClientHello, LiveFrame } from '@roadstead/shared/protocol/live.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { Bell } from '@roadstead/shared/kernel/bell.ts'
import { parseFrame } from '../core/frames.ts'

/** The server speaks every 10 s even when nothing changes; two misses and it is gone. */
const SILENCE_MS_MAX = 25_000

/**
 * Opens the live feed, says hello and yields frames. Ends when the connection does, in whatever
 * way: an error of a WebSocket carries nothing that could be told apart.
 */
export async function* openLive(
  address: URL,
  hello: ClientHello,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<LiveFrame, void> {
  const socket = new WebSocket(address)
  const bell = new Bell()
  const frames: LiveFrame[] = []
  let open = true
  let heardMs = clock.monoMs()
  const close = (): void => {
    open = false
    bell.ring()
  }
  socket.addEventListener('open', () => socket.send(JSON.stringify(hello)))
  socket.addEventListener('close', close)
  socket.addEventListener('error', close)
  socket.addEventListener('message', (event) => {
    heardMs = clock.monoMs()
    const frame = typeof event.data === 'string' ? parseFrame(event.data) : undefined
    if (frame !== undefined) frames.push(frame)
    bell.ring()
  })
  try {
    while (!signal.aborted && (open || frames.length > 0)) {
      const frame = frames.shift()
      if (frame !== undefined) {
        yield frame
        continue
      }
      using _silence = clock.after(SILENCE_MS_MAX, () => bell.ring())
      await bell.rung(signal)
      if (frames.length === 0 && clock.monoMs() - heardMs >= SILENCE_MS_MAX) return
    }
  } finally {
    socket.close()
  }
}
