import type { EngineAddress } from '@roadstead/shared/protocol/engine-address.ts'

type SshAddress = Extract<EngineAddress, { kind: 'ssh' }>

/** Of the engine's socket on this side, in the folder in which `ssh` is started: paths have limits. */
export const TUNNEL_SOCKET = 'engine.sock'

/** `ssh` notices after ten seconds that nobody is at the other end. */
const OPTIONS = [
  'ConnectTimeout=10',
  'ServerAliveInterval=5',
  'ServerAliveCountMax=2',
  // Nobody sits there to answer a question, so an unknown host is refused and a password is not asked for.
  'BatchMode=yes',
  'StrictHostKeyChecking=yes',
  'ExitOnForwardFailure=yes',
  'StreamLocalBindUnlink=yes',
  'StreamLocalBindMask=0177',
  // A connection that is shared with others would outlive this one, or end with theirs.
  'ControlMaster=no',
  'ControlPath=none',
  'PermitLocalCommand=no',
  'ForwardAgent=no',
  'ForwardX11=no',
  'LogLevel=INFO',
] as const

/**
 * What the system's `ssh` is told: one connection, over which each of ours to the engine's socket is a
 * channel. It runs no command over there, so the account may be one that can forward and nothing else.
 *
 * @param config a configuration file of `ssh`; without it the user's own.
 */
export function sshArguments(address: SshAddress, config: string | undefined): string[] {
  const { host, user, port, socket } = address
  return [
    '-N',
    '-T',
    ...(config === undefined ? [] : ['-F', config]),
    ...OPTIONS.flatMap((option) => ['-o', option]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    '-L',
    `./${TUNNEL_SOCKET}:${socket}`,
    '--',
    host,
  ]
}

const LINE_MAX = 240

/** A line of `ssh` as it may be shown: a banner is written by somebody else. */
export function shownLine(line: string): string {
  return line
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, LINE_MAX)
}

/** Whether the other end refuses to open the way to the socket, while the connection itself is fine. */
export function isChannelRefused(line: string): boolean {
  return /^channel \d+: open failed: /.test(line)
}
