import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { accepts } from './bus-servers.ts'
import { eventually } from './eventually.ts'
import { freePorts } from './free-ports.ts'
import { at } from './at.ts'
import type { LanHost } from './lan.ts'
import { Process } from './process.ts'
import type { RunFolder } from './run-folder.ts'

const run = promisify(execFile)
const START_MS_MAX = 10_000

/** The `sshd` of a test host, and the configuration of a client that may log in there. */
export interface SshServer {
  readonly process: Process
  /** Give it to `ssh -F`: key, known hosts and port are in it. */
  readonly clientConfig: string
  /** The alias of the host in that configuration. */
  readonly alias: string
}

/** With keys made for this test; only forwarding is allowed, no command and no terminal. */
export async function startSshServer(
  name: string,
  host: LanHost,
  folder: RunFolder,
): Promise<SshServer> {
  const home = folder.folder(`sshd-${name}`)
  const file = (part: string): string => path.join(home, part)
  const port = at(await freePorts(1), 0)
  for (const key of ['host_key', 'user_key']) {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', key, '-f', file(key)])
  }
  const userKey = await readFile(file('user_key.pub'), 'utf8')
  await writeFile(file('authorized_keys'), `restrict,port-forwarding ${userKey}`, { mode: 0o600 })
  const [kind, key] = (await readFile(file('host_key.pub'), 'utf8')).split(' ')
  await writeFile(file('known_hosts'), `[${host.address}]:${port} ${kind} ${key}\n`)
  await writeFile(file('sshd_config'), `${serverLines(host.address, port, file)}\n`)
  const clientConfig = file('ssh_config')
  await writeFile(clientConfig, `${clientLines(name, host.address, port, file)}\n`)

  // Where sshd leaves its privileges; the package makes it when its service starts, which we do not.
  await run('mkdir', ['-p', '/run/sshd'])
  const sshd = ['/usr/sbin/sshd', '-D', '-e', '-f', file('sshd_config')] as const
  const command: [string, ...string[]] =
    host.namespace === undefined
      ? [...sshd]
      : ['nsenter', `--net=/run/netns/${host.namespace}`, ...sshd]
  const process = Process.start({ name: `sshd-${name}`, command }, folder)
  const listens = (): Promise<boolean> => accepts(host.address, port)
  await eventually(`sshd of ${name} listens (${process.tail()})`, listens, {
    withinMs: START_MS_MAX,
  })
  return { process, clientConfig, alias: name }
}

function serverLines(address: string, port: number, file: (part: string) => string): string {
  return [
    `ListenAddress ${address}:${port}`,
    `HostKey ${file('host_key')}`,
    `AuthorizedKeysFile ${file('authorized_keys')}`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    'AllowStreamLocalForwarding yes',
    'AllowTcpForwarding local',
  ].join('\n')
}

function clientLines(
  alias: string,
  address: string,
  port: number,
  file: (part: string) => string,
): string {
  return [
    `Host ${alias}`,
    `  HostName ${address}`,
    `  Port ${port}`,
    '  User root',
    `  IdentityFile ${file('user_key')}`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile ${file('known_hosts')}`,
    '  GlobalKnownHostsFile /dev/null',
  ].join('\n')
}
