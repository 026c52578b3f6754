import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { LetGoAction } from '@roadstead/shared/protocol/run.ts'
import type { RequestHead } from './http/head.ts'
import { asksForARoute } from './readiness.ts'
import { SIGTERM, signalNumber } from './signal.ts'

/** A request to the engine that may end a container, as far as its head tells. */
export interface Touch {
  readonly action: LetGoAction
  /** Id, name or prefix of an id, as the client wrote it. */
  readonly reference: string
  /** Of a kill: its signal; undefined when it may be in a body that is not read here. */
  readonly signal?: string | undefined
}

/** With or without a version; the second prefix is Podman's own API. */
const CONTAINERS = /^\/(?:v[0-9][0-9A-Za-z.-]*\/)?(?:libpod\/)?containers\/(.+)$/
const POSTED = /^(.+)\/(stop|restart|kill)$/
/** What the engine takes for "no" in a query; everything else is "yes". */
const NO: ReadonlySet<string> = new Set(['', '0', 'no', 'false', 'none'])
/** What the engine sends when a kill names no signal. */
const DEFAULT_KILL = 'SIGKILL'

/**
 * What a request would do to which container; undefined for all that ends none. It reads a path at
 * least as generously as an engine does: to take too much for a stop costs one look at a name that
 * nothing has, to take too little would cost somebody's requests.
 */
export function touchOf(
  head: Pick<RequestHead, 'method' | 'target' | 'headers'>,
): Touch | undefined {
  const [place = '', ...queries] = head.target.split('?')
  const rest = CONTAINERS.exec(plainPath(place))?.[1]
  if (rest === undefined) return undefined
  const query = parseQuery(queries.join('?'))
  if (head.method === 'DELETE') {
    const isForced = query.some(([key, value]) => key === 'force' && isYes(value))
    return isForced ? { action: 'remove', reference: rest } : undefined
  }
  const [, reference, verb] = POSTED.exec(rest) ?? []
  if (head.method !== 'POST' || reference === undefined) return undefined
  if (verb === 'kill') return { action: 'kill', reference, signal: signalOf(head, query) }
  return { action: verb === 'stop' ? 'stop' : 'restart', reference }
}

/**
 * Whether the leader has to be asked first: the container runs, asked for a route, and would be ended.
 *
 * A kill with the stop signal is a stop by another name. A kill with SIGKILL, which is also what comes
 * without any signal, is not held: it is what people type when a container must not go on for another
 * moment, and an emergency brake must not wait for a master.
 */
export function mustAsk(container: Container, touch: Touch): boolean {
  const isAlive = container.state === 'running' || container.state === 'paused'
  if (!isAlive || !asksForARoute(container)) return false
  switch (touch.action) {
    case 'stop':
    case 'restart':
    case 'remove':
      return true
    case 'kill':
      return touch.signal === undefined || isSame(touch.signal, container.stopSignal)
    default:
      return unreachable(touch.action)
  }
}

/** The path as it is meant: without a host, percent signs, doubled slashes and dots. */
function plainPath(place: string): string {
  const path = place.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/]*/, '')
  const segments: string[] = []
  for (const segment of percentDecoded(path).split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  return `/${segments.join('/')}`
}

/** Engines of before 2021 take a semicolon for an ampersand, later ones refuse it. */
function parseQuery(text: string): readonly (readonly [string, string])[] {
  return text.split(/[&;]/).map((pair) => {
    const [key = '', ...value] = pair.split('=')
    return [queryText(key), queryText(value.join('='))] as const
  })
}

function queryText(text: string): string {
  return percentDecoded(text.replaceAll('+', ' '))
}

/** Byte by byte: names are plain ASCII, and what is not never fits one. */
function percentDecoded(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

function isYes(value: string): boolean {
  return !NO.has(value.trim().toLowerCase())
}

function signalOf(
  { headers }: Pick<RequestHead, 'headers'>,
  query: ReturnType<typeof parseQuery>,
): string | undefined {
  const type = headers.get('content-type')?.join() ?? ''
  if (/form/i.test(type)) return undefined
  return query.find(([key]) => key === 'signal')?.[1] || DEFAULT_KILL
}

function isSame(sent: string, stopSignal: string): boolean {
  const number = signalNumber(sent)
  if (number === undefined) return sent.trim().toUpperCase() === stopSignal.trim().toUpperCase()
  return number === (signalNumber(stopSignal) ?? SIGTERM)
}
