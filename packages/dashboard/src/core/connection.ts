/** How the page stands with its master. */
export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | {
      readonly kind: 'disconnected'
      /** Wall clock of this browser: for people to read, never to order by. */
      readonly sinceMs: number
      /** When the last frame came; absent when none ever did. */
      readonly dataOfMs: number | undefined
    }
  | { readonly kind: 'signed-out'; readonly why: string }

/** A page that loses the connection again and again has been without it since the first time. */
export function disconnected(
  before: Connection,
  nowMs: number,
  dataOfMs: number | undefined,
): Connection {
  if (before.kind === 'disconnected') return before
  return { kind: 'disconnected', sinceMs: nowMs, dataOfMs }
}

/** The sentence across the page; nothing while all is well. */
export function bannerOf(connection: Connection): string | undefined {
  if (connection.kind !== 'disconnected') return undefined
  const since = `Disconnected since ${timeOfDay(connection.sinceMs)}`
  const data =
    connection.dataOfMs === undefined
      ? 'nothing has been received yet.'
      : `showing data of ${timeOfDay(connection.dataOfMs)}.`
  return `${since} – ${data} Routing is not affected.`
}

/** `14:02:09` in the time zone of whoever looks. */
export function timeOfDay(ms: number): string {
  const date = new Date(ms)
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}
