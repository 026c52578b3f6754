/**
 * What an entry means, and which endpoint a request goes to. The running edge does this in
 * `lua/roadstead_choice.lua`; here it is once more, for people who read TypeScript and for a test that
 * compares the two over random inputs. Names and order are the same in both.
 */
export interface LiveEndpoint {
  /** `<address>:<port>` */
  readonly peer: string
  readonly weight: number
  readonly backup: boolean
  readonly hash: number
  /** Requests that it takes at one time. */
  readonly max: number | undefined
  /** What a cookie says of it. */
  readonly id: string | undefined
  /** Credit towards its next turn. */
  turn: number
}

export interface LivePool {
  readonly endpoints: readonly LiveEndpoint[]
  /** Where the one before it stood; only among equals. */
  last: number
}

export interface LiveService {
  readonly balance: 'rr' | 'lc' | 'ip' | 'ck'
  readonly main: LivePool
  readonly backup: LivePool
}

/** What is known when a request needs an endpoint. */
export interface Asked {
  /** Peers that could not serve it before. */
  readonly tried: ReadonlySet<string>
  /** Requests under way. */
  readonly loadOf: (peer: string) => number
  /** The visitor's address, or what its cookie says. */
  readonly client: string
}

/** A backup is chosen only when nothing else is left. Turns are kept in the service itself. */
export function chooseEndpoint(service: LiveService, asked: Asked): LiveEndpoint | undefined {
  const { tried, loadOf } = asked
  const all = [...service.main.endpoints, ...service.backup.endpoints]
  const full = all.filter(({ peer, max }) => max !== undefined && loadOf(peer) >= max)
  const left = { ...asked, tried: new Set([...tried, ...full.map(({ peer }) => peer)]) }
  return pick(service, service.main, left) ?? pick(service, service.backup, left)
}

/** The service that a path of a domain (value of its entry) leads to. */
export function chooseService(domain: string, path: string): string | undefined {
  const list = words(domain)
  for (let at = 0; at + 2 < list.length; at += 3) {
    const [match, route = '', service] = list.slice(at, at + 3)
    if (path === route) return service
    if (match === '^' && path.startsWith(route.endsWith('/') ? route : `${route}/`)) return service
  }
  return undefined
}

/** Value of a service's entry. */
export function readService(text: string): LiveService {
  const parts = words(text)
  const option = parts.find((part) => part.startsWith('b='))?.slice(2)
  const endpoints = parts.filter((part) => part[1] !== '=').map(readEndpoint)
  return {
    balance: option === 'lc' || option === 'ip' || option === 'ck' ? option : 'rr',
    main: { endpoints: endpoints.filter((endpoint) => !endpoint.backup), last: -1 },
    backup: { endpoints: endpoints.filter((endpoint) => endpoint.backup), last: -1 },
  }
}

function readEndpoint(word: string): LiveEndpoint {
  const [peer = '', ...options] = word.split(',')
  const valueOf = (name: string) =>
    options.find((option) => option.startsWith(`${name}=`))?.slice(2)
  const [weight, max] = [valueOf('w'), valueOf('m')]
  return {
    peer,
    weight: Number(weight ?? 1),
    backup: options.includes('b'),
    hash: hash(peer),
    max: max === undefined ? undefined : Number(max),
    id: valueOf('i'),
    turn: 0,
  }
}

function words(text: string): readonly string[] {
  return text.split(' ').filter((word) => word !== '')
}

function pick(
  service: LiveService,
  pool: LivePool,
  { tried, loadOf, client }: Asked,
): LiveEndpoint | undefined {
  const left = pool.endpoints.filter((endpoint) => !tried.has(endpoint.peer))
  switch (service.balance) {
    case 'lc':
      return turn(leastLoaded(left, loadOf))
    case 'ip':
      return nearest(left, hash(client))
    case 'ck':
      return left.find(({ id }) => id === client) ?? inTurn(pool, left)
    case 'rr':
      return inTurn(pool, left)
  }
}

function inTurn(pool: LivePool, left: readonly LiveEndpoint[]): LiveEndpoint | undefined {
  return areEqual(pool) ? nextOf(pool, left) : turn(left)
}

function areEqual({ endpoints }: LivePool): boolean {
  return new Set(endpoints.map(({ weight }) => weight)).size < 2
}

/** Among equals it is whoever comes next in the order of the entry. */
function nextOf(pool: LivePool, left: readonly LiveEndpoint[]): LiveEndpoint | undefined {
  const after = left.find((endpoint) => pool.endpoints.indexOf(endpoint) > pool.last)
  const next = after ?? left[0]
  if (next !== undefined) pool.last = pool.endpoints.indexOf(next)
  return next
}

/** Smooth weighted turns: heavy endpoints come more often, and never many times in a row. */
function turn(pool: readonly LiveEndpoint[]): LiveEndpoint | undefined {
  let best: LiveEndpoint | undefined
  let total = 0
  for (const endpoint of pool) {
    total += endpoint.weight
    endpoint.turn += endpoint.weight
    if (best === undefined || endpoint.turn > best.turn) best = endpoint
  }
  if (best !== undefined) best.turn -= total
  return best
}

function leastLoaded(
  pool: readonly LiveEndpoint[],
  loadOf: (peer: string) => number,
): readonly LiveEndpoint[] {
  const share = (endpoint: LiveEndpoint) => loadOf(endpoint.peer) / endpoint.weight
  const least = Math.min(...pool.map(share))
  return pool.filter((endpoint) => share(endpoint) === least)
}

/** Weighted rendezvous: when an endpoint comes or goes, only its own share of visitors moves. */
function nearest(pool: readonly LiveEndpoint[], client: number): LiveEndpoint | undefined {
  let best: LiveEndpoint | undefined
  let high = -1
  for (const endpoint of pool) {
    const draw = ((mix(client ^ endpoint.hash) >>> 0) + 0.5) / 2 ** 32
    const score = endpoint.weight / -Math.log(draw)
    if (best === undefined || score > high) {
      best = endpoint
      high = score
    }
  }
  return best
}

/** Bob Jenkins' one-at-a-time: additions and shifts only, the same in every language. */
function hash(text: string): number {
  let sum = 0
  for (let at = 0; at < text.length; at += 1) {
    sum = (sum + text.charCodeAt(at)) | 0
    sum = (sum + (sum << 10)) | 0
    sum ^= sum >>> 6
  }
  sum = (sum + (sum << 3)) | 0
  sum ^= sum >>> 11
  return (sum + (sum << 15)) | 0
}

/** Thomas Wang's mix of 32 bits, for the same reason. */
function mix(value: number): number {
  let key = (~value + (value << 15)) | 0
  key ^= key >>> 12
  key = (key + (key << 2)) | 0
  key ^= key >>> 4
  key = (key + (key << 3) + (key << 11)) | 0
  return key ^ (key >>> 16)
}
