import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { findCommand, ROOT } from './paths.mjs'
import { run, stopIfAsked } from './run.mjs'
import { GiveUp, say } from './say.mjs'
import { withServicesKeptStopped } from './services.mjs'

/**
 * What we use of the system: the commands and files by which a part is found, and the Debian
 * packages that bring it. An *optional* part is one that a person may not want on a machine.
 *
 * @type {Record<string, {commands: string[], files?: string[], debs: string[], optional?: true}>}
 */
const PARTS = {
  docker: { commands: ['dockerd', 'docker', 'iptables'], debs: ['docker.io', 'iptables'] },
  nats: { commands: ['nats-server'], debs: ['nats-server'] },
  nginx: {
    commands: ['nginx'],
    files: [
      '/usr/lib/nginx/modules/ngx_http_lua_module.so',
      '/usr/lib/nginx/modules/ngx_stream_module.so',
    ],
    debs: ['nginx-light', 'libnginx-mod-http-lua', 'libnginx-mod-stream'],
  },
  busybox: { commands: ['busybox'], debs: ['busybox-static'] },
  iproute: { commands: ['ip'], debs: ['iproute2'] },
  nsenter: { commands: ['nsenter'], debs: ['util-linux'] },
  chromium: {
    commands: ['chromium'],
    files: ['/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'],
    debs: ['chromium', 'fonts-dejavu-core'],
  },
  registry: { commands: ['docker-registry'], debs: ['docker-registry'] },
  ssh: { commands: ['ssh', 'ssh-keygen', 'openssl'], debs: ['openssh-client', 'openssl'] },
  // A part of its own, as podman is: its units are kept stopped only where nobody had it before.
  sshd: { commands: ['sshd'], debs: ['openssh-server'] },
  containers: {
    commands: ['runc', 'catatonit'],
    files: ['/usr/lib/podman/netavark'],
    debs: ['runc', 'netavark', 'aardvark-dns', 'catatonit'],
  },
  podman: { commands: ['podman'], debs: ['podman'] },
  compose: { commands: ['docker-compose'], debs: ['docker-compose'] },
  wrk: { commands: ['wrk'], debs: ['wrk'], optional: true },
}

const REMEMBERED = path.join(ROOT, '.roadstead-setup')

/** From now on every setup of this clone includes the optional parts. */
export function rememberOptional() {
  fs.writeFileSync(REMEMBERED, 'all\n')
}

/** @param {import('./options.mjs').Options} options */
export async function ensureParts(options) {
  const missing = wantedParts(options).filter((name) => !isThere(name))
  // An engine that is only preferred does not stop anybody: there is a simulated one.
  const given = options.engine === 'prefer' ? missing.filter((name) => name !== 'docker') : missing
  if (missing.length === 0) return

  const prefix = rootPrefix()
  if (prefix === undefined || findCommand('apt-get') === undefined) {
    if (given.length === 0) return
    throw new GiveUp(whatToType(given))
  }
  await install(prefix, missing)
}

/** @param {import('./options.mjs').Options} options */
function wantedParts(options) {
  const unknown = options.parts.filter((name) => PARTS[name] === undefined)
  if (unknown.length > 0) throw new GiveUp(`no such part: ${unknown.join(', ')}`, 2)
  const all = options.optional && (process.env['CI'] === 'true' || isRemembered())
  const optional = all ? Object.keys(PARTS).filter((name) => PARTS[name]?.optional) : []
  return [...new Set([...options.parts, ...optional])]
}

function isRemembered() {
  return fs.existsSync(REMEMBERED)
}

/** @param {string} name */
function isThere(name) {
  const { commands = [], files = [] } = PARTS[name] ?? {}
  return (
    commands.every((command) => findCommand(command) !== undefined) &&
    files.every((file) => fs.existsSync(file))
  )
}

/** @param {string[]} parts */
function debsOf(parts) {
  return parts.flatMap((name) => PARTS[name]?.debs ?? [])
}

/** @returns {string[] | undefined} what to put before a command to be root, if we may */
function rootPrefix() {
  if (process.platform !== 'linux') return undefined
  if (process.getuid?.() === 0) return []
  if (findCommand('sudo') === undefined) return undefined
  const asked = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' })
  return asked.status === 0 ? ['sudo', '-n'] : undefined
}

/** @param {string[]} parts */
function whatToType(parts) {
  const missing = `missing on this machine: ${parts.join(', ')}.`
  if (process.platform !== 'linux' || findCommand('apt-get') === undefined) {
    return (
      `${missing}\n        Only Debian and Ubuntu are installed on automatically. Install these by` +
      ` your system's own means,\n        and type the command again:` +
      ` ${parts.flatMap((name) => PARTS[name]?.commands ?? []).join(', ')}`
    )
  }
  return (
    `${missing} Neither root nor sudo without a password: type this, then the command again:\n\n` +
    `    sudo sh -c 'apt-get update && RUNLEVEL=1 apt-get install -y --no-install-recommends ` +
    `${debsOf(parts).join(' ')}'\n`
  )
}

/** @param {string[]} prefix @param {string[]} parts */
async function install(prefix, parts) {
  const debs = debsOf(parts)
  say(`installing system packages: ${debs.join(' ')}`)
  // RUNLEVEL=1 keeps a package from starting its service: nginx would take port 80. It goes
  // through `env`, because sudo drops what it is not told to keep.
  const env = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1', 'NEEDRESTART_SUSPEND=1']
  const apt = [...prefix, ...env, 'apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=300']
  const options = ['-o', 'Dpkg::Use-Pty=0', '-y', '--no-install-recommends']
  await withServicesKeptStopped(prefix, parts, async () => {
    if ((await run([...apt, 'update'], { shielded: true })) !== 0) {
      say('apt-get update failed; trying with the package lists that are here')
    }
    const code = await run([...apt, 'install', ...options, ...debs], { shielded: true })
    if (code !== 0) throw new GiveUp(`apt-get failed, see above. ${whatToType(parts)}`)
  })
  stopIfAsked()
  const still = parts.filter((name) => !isThere(name))
  if (still.length > 0) throw new GiveUp(`installed, but not found: ${still.join(', ')}`)
}
