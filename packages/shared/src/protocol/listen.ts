import type { Port } from './container.ts'
import { ListenName, type RouteSubject, StreamProtocol } from './route.ts'

/** Where visitors of a stream come to, at every edge. */
export interface Listen {
  readonly protocol: StreamProtocol
  readonly port: Port
}

/** As a stream is named in the place of a domain. */
export function listenName({ protocol, port }: Listen): ListenName {
  return ListenName.parse(`${protocol}:${port}`)
}

/** No domain holds a colon. */
export function isListen(subject: RouteSubject): subject is ListenName {
  return subject.includes(':')
}

/** The port that a route is for; undefined for a domain. */
export function listenOf(subject: string): Listen | undefined {
  if (!subject.includes(':') || !ListenName.safeParse(subject).success) return undefined
  const [word = '', port = ''] = subject.split(':')
  const protocol = StreamProtocol.safeParse(word)
  return protocol.success ? { protocol: protocol.data, port: Number(port) } : undefined
}

/** A route as people read it: a stream has no path that would tell anything. */
export function placeText({ domain, path }: { readonly domain: string; readonly path: string }) {
  return listenOf(domain) === undefined ? `${domain}${path}` : domain
}
