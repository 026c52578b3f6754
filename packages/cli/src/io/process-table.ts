import fs from 'node:fs'
import path from 'node:path'
import { isAlive, parseProcStat, type ProcStat } from '../core/proc-stat.ts'

/** One process, or undefined when there is none with this id (a zombie counts as none). */
export function readProcess(pid: number): ProcStat | undefined {
  const stat = parseProcStat(readOr(`/proc/${pid}/stat`))
  return stat !== undefined && isAlive(stat) ? stat : undefined
}

/** The living members of a process group. */
export function membersOf(group: number): ProcStat[] {
  return processIds()
    .flatMap((pid) => readProcess(pid) ?? [])
    .filter((stat) => stat.group === group)
}

/** Living processes of a program that work in this folder: nginx keeps to its own. */
export function processesIn(folder: string, program: string): number[] {
  const wanted = fs.existsSync(folder) ? fs.realpathSync(folder) : folder
  return processIds().filter(
    (pid) =>
      linkOr(`/proc/${pid}/cwd`) === wanted &&
      path.basename(linkOr(`/proc/${pid}/exe`)).split(' ')[0] === program &&
      readProcess(pid) !== undefined,
  )
}

/** Differs after each start of the machine, so that old process ids are not taken for new ones. */
export function bootId(): string {
  return readOr('/proc/sys/kernel/random/boot_id').trim()
}

/** Sends a signal; that the process is gone already is what was wanted. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Name and id of the process that listens on a TCP port here, if we may see it. */
export function listenerOn(port: number): string | undefined {
  const inodes = new Set([...inodesOn(port, '/proc/net/tcp'), ...inodesOn(port, '/proc/net/tcp6')])
  if (inodes.size === 0) return undefined
  const pid = processIds().find((id) => socketsOf(id).some((inode) => inodes.has(inode)))
  return pid === undefined ? undefined : `${readOr(`/proc/${pid}/comm`).trim()} (pid ${pid})`
}

const LISTENING = '0A'

function inodesOn(port: number, table: string): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return readOr(table)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTENING && fields[1]?.endsWith(suffix) === true)
    .flatMap((fields) => fields[9] ?? [])
}

function socketsOf(pid: number): string[] {
  try {
    return fs.readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const parts = /^socket:\[(\d+)\]$/.exec(linkOr(`/proc/${pid}/fd/${fd}`))
      return parts?.[1] ?? []
    })
  } catch {
    return []
  }
}

function processIds(): number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function readOr(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function linkOr(file: string): string {
  try {
    return fs.readlinkSync(file)
  } catch {
    return ''
  }
}
