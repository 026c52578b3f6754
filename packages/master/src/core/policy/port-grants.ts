import type { Listen } from '@roadstead/shared/protocol/listen.ts'
import { StreamProtocol } from '@roadstead/shared/protocol/route.ts'

/**
 * Ports of the edges, as `claims` grants them: `5432`, `tcp:5432`, `6000-6010`, `udp:6000-6010`.
 */

/** Below it a port stands for a service of the machine itself, such as 22. */
const PRIVILEGED_BELOW = 1_024
/**
 * Where NATS and the masters listen unless told otherwise. While one of them is down its port is free,
 * and whoever took it then would keep it from coming back.
 */
const OURS: ReadonlySet<number> = new Set([4_222, 7_070, 7_071])

interface Ports {
  /** Absent: both. */
  readonly protocol?: StreamProtocol
  readonly from: number
  readonly to: number
}

/** Undefined when the text is no such pattern. */
export function readPortPattern(text: string): Ports | undefined {
  const [, word, first, last = first] =
    /^(?:(tcp|udp):)?([1-9][0-9]{0,4})(?:-([1-9][0-9]{0,4}))?$/.exec(text) ?? []
  const [from, to] = [Number(first), Number(last)]
  if (first === undefined || from > to || to > PORT_MAX) return undefined
  const protocol = StreamProtocol.safeParse(word).data
  return protocol === undefined ? { from, to } : { protocol, from, to }
}

const PORT_MAX = 65_535

/** Whether somebody has to be allowed to have this port by its number. */
export function isGuarded({ protocol, port }: Listen): boolean {
  return port < PRIVILEGED_BELOW || isOurs({ protocol, port })
}

function isOurs({ protocol, port }: Listen): boolean {
  return protocol === 'tcp' && OURS.has(port)
}

/** How many ports the pattern speaks of, if of this one; undefined if not. */
function widthFor(pattern: string, { protocol, port }: Listen): number | undefined {
  const ports = readPortPattern(pattern)
  if (ports === undefined || port < ports.from || port > ports.to) return undefined
  if (ports.protocol !== undefined && ports.protocol !== protocol) return undefined
  const width = ports.to - ports.from + 1
  return isOurs({ protocol, port }) && width > 1 ? undefined : width
}

interface PortGrant {
  readonly ports?: readonly string[] | undefined
}

/**
 * The entries that decide about a port, and the pattern by which: those with the fewest ports around
 * it, all of them together.
 */
export function decidingPorts<Entry extends PortGrant>(
  grants: readonly Entry[],
  listen: Listen,
): { readonly grants: readonly Entry[]; readonly pattern: string | undefined } {
  const found = grants.flatMap((grant) =>
    (grant.ports ?? []).flatMap((pattern) => {
      const width = widthFor(pattern, listen)
      return width === undefined ? [] : [{ grant, pattern, width }]
    }),
  )
  const least = Math.min(...found.map(({ width }) => width))
  const closest = found.filter(({ width }) => width === least)
  return { grants: closest.map(({ grant }) => grant), pattern: closest[0]?.pattern }
}
