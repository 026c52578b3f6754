/**
 * Where a request comes from, judged by headers that a page of somebody else cannot choose. Loopback
 * is not authentication: a browser on this machine opens any page, and that page's requests arrive
 * from 127.0.0.1 too. So the Host header must be one of our names (a rebound DNS name is not), and
 * a request that changes something with a cookie must come from our own page.
 */
export type SourceVerdict = 'fine' | 'bad-host' | 'bad-origin'

export interface RequestSource {
  readonly method: string
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly fetchSite: string | undefined
  /** A WebSocket upgrade: read-only, but not covered by the browser's same-origin rule. */
  readonly upgrade: boolean
  /** Signed in by a cookie, which a browser sends whoever asks. */
  readonly byCookie: boolean
}

export function judgeSource(request: RequestSource, names: ReadonlySet<string>): SourceVerdict {
  const { host } = request
  if (host === undefined || !names.has(hostName(host))) return 'bad-host'
  const changes = request.upgrade || !['GET', 'HEAD'].includes(request.method)
  if (!changes) return 'fine'
  return comesFromOurPage(request, host) ? 'fine' : 'bad-origin'
}

function comesFromOurPage(request: RequestSource, host: string): boolean {
  const { origin, fetchSite } = request
  if (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none') return false
  if (origin !== undefined) return origin === `http://${host}` || origin === `https://${host}`
  // Browsers name the origin of every upgrade; of other requests some name only the site.
  if (request.upgrade) return !request.byCookie
  return !request.byCookie || fetchSite === 'same-origin'
}

/** The name in a Host header, without the port; empty when it is not one plain name or address. */
export function hostName(host: string): string {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::[0-9]{1,5})?$/.exec(host)?.[1] ?? ''
}

/** Names under which this machine may be asked: loopback, what we listen on, what people added. */
export function allowedNames(listening: readonly string[], added: readonly string[]): Set<string> {
  const addresses = listening.map((address) => (address.includes(':') ? `[${address}]` : address))
  return new Set(['localhost', '127.0.0.1', '[::1]', ...addresses, ...added.map(hostNameOrSelf)])
}

function hostNameOrSelf(name: string): string {
  return hostName(name) || name
}
