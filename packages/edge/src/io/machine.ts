import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { ContainerId, InstanceId } from '@roadstead/shared/kernel/ids.ts'

/** Addresses carried in a status; a machine with more is a router. */
const ADDRESSES_MAX = 32

/** A name for this life of the process. */
export function newInstance(): InstanceId {
  return InstanceId.parse(randomBytes(8).toString('hex'))
}

/** Addresses under which others may reach this machine. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal && !address.address.startsWith('fe80:'))
    .map((address) => address.address)
    .sort()
    .slice(0, ADDRESSES_MAX)
}

/**
 * The id of the container that this process runs in. The engine mounts files of the container's own
 * folder into it, and that folder is named by the id; control groups no longer tell.
 */
export async function ownContainer(): Promise<ContainerId | undefined> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '')
  const found = /\/containers\/([0-9a-f]{64})\/(?:hostname|hosts|resolv\.conf) /.exec(mounts)
  const id = ContainerId.safeParse(found?.[1])
  return id.success ? id.data : undefined
}

export interface WorkerUser {
  /** User and group in the words of nginx's configuration. */
  readonly names: string
  readonly group: number
}

/** For nginx's workers, when we run as root. */
export async function workerUser(): Promise<WorkerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const users = await readFile('/etc/passwd', 'utf8')
  const groups = await readFile('/etc/group', 'utf8')
  for (const name of ['www-data', 'nginx', 'nobody']) {
    const gid = new RegExp(`^${name}:[^:]*:[^:]*:([0-9]+):`, 'm').exec(users)?.[1]
    const group = new RegExp(`^([a-z0-9_-]+):[^:]*:${gid ?? ''}:`, 'm').exec(groups)?.[1]
    if (gid !== undefined && group !== undefined) {
      return { names: `${name} ${group}`, group: Number(gid) }
    }
  }
  return undefined
}
