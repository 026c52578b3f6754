import fs from 'node:fs'
import { run } from './run.mjs'

/** Systemd units that come with a part and that we do not want to run beside our own. */
const UNITS = {
  nats: ['nats-server.service'],
  nginx: ['nginx.service'],
  podman: ['podman.service', 'podman.socket'],
  sshd: ['ssh.service', 'ssh.socket'],
}

/**
 * Where systemd runs, RUNLEVEL=1 is not enough: a package starts its unit, and nginx sits on
 * port 80. A run-time mask forbids that; it lives in /run, so that even a setup killed half-way
 * leaves a machine which is itself again after the next boot.
 *
 * @param {string[]} prefix what makes a command run as root
 * @param {string[]} parts
 * @param {() => Promise<void>} work
 */
export async function withServicesKeptStopped(prefix, parts, work) {
  const units = Object.entries(UNITS).flatMap(([part, unit]) => (parts.includes(part) ? unit : []))
  if (units.length === 0 || !hasSystemd()) return work()

  const systemctl = [...prefix, 'systemctl', '--quiet']
  await run([...systemctl, 'mask', '--runtime', ...units], { shielded: true })
  try {
    await work()
  } finally {
    await run([...systemctl, 'unmask', '--runtime', ...units], { shielded: true })
    await run([...systemctl, 'disable', ...units], { shielded: true })
  }
}

function hasSystemd() {
  return fs.existsSync('/run/systemd/system')
}
