import { z } from 'zod'
import { IpAddress } from './container.ts'

/** The kernel's limit for the path of a unix socket. */
const SOCKET_PATH_BYTES_MAX = 107
/** A host name has 253 characters, a path 107. */
const ADDRESS_CHARS_MAX = 1_024
const USUAL_SOCKET = '/var/run/docker.sock'

/** How an engine is reached, as the command line of Docker writes it too. */
export type EngineAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | {
      readonly kind: 'ssh'
      /** A name, an address or an alias of the ssh configuration. */
      readonly host: string
      readonly user: string | undefined
      readonly port: number | undefined
      /** The engine's socket over there. */
      readonly socket: string
    }

/**
 * `unix:///path` for an engine of this machine, `tcp://host:port` or `ssh://[user@]host[:port][/socket]`
 * for one elsewhere. Every part has a grammar of its own: some become arguments of `ssh`, where a name
 * that begins with a dash or a path with a colon would say something else.
 */
export const EngineAddress = z.string().transform((text, context): EngineAddress => {
  const address = text.length > ADDRESS_CHARS_MAX ? undefined : addressOf(text)
  if (address !== undefined) return address
  context.addIssue({ code: 'custom', message: WANTED })
  return z.NEVER
})

const WANTED =
  'must be unix:///path/of/docker.sock (at most 107 bytes), tcp://host:port or' +
  ' ssh://[user@]host[:port][/path/of/docker.sock]'

const HOST = String.raw`([A-Za-z0-9](?:[\w.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])`
const TCP = new RegExp(String.raw`^tcp://${HOST}:([0-9]{1,5})/?$`)
const SSH = new RegExp(
  String.raw`^ssh://(?:([A-Za-z_][\w.-]{0,31})@)?${HOST}(?::([0-9]{1,5}))?(/(?:[\w.@+-]+/)*[\w.@+-]+)?/?$`,
)

function addressOf(text: string): EngineAddress | undefined {
  return unixAddress(text) ?? tcpAddress(text) ?? sshAddress(text)
}

function unixAddress(text: string): EngineAddress | undefined {
  const path = text.replace(/^unix:\/\//, '')
  const bytes = new TextEncoder().encode(path).length
  const isPath = path.startsWith('/') && !path.includes('\0') && bytes <= SOCKET_PATH_BYTES_MAX
  return isPath ? { kind: 'unix', path } : undefined
}

function tcpAddress(text: string): EngineAddress | undefined {
  const [, host = '', digits] = TCP.exec(text) ?? []
  const port = portOf(digits)
  return port === undefined ? undefined : { kind: 'tcp', host: bare(host), port }
}

function sshAddress(text: string): EngineAddress | undefined {
  const [all, user, host = '', digits, socket = USUAL_SOCKET] = SSH.exec(text) ?? []
  const port = portOf(digits)
  if (all === undefined || (digits !== undefined && port === undefined)) return undefined
  return { kind: 'ssh', host: bare(host), user, port, socket }
}

/** What the host of an engine elsewhere says of its address: an IP address, or nothing certain. */
export function addressInside(address: EngineAddress): string | undefined {
  return address.kind === 'unix' ? undefined : IpAddress.safeParse(address.host).data
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}

function portOf(digits: string | undefined): number | undefined {
  const port = Number(digits)
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : undefined
}
