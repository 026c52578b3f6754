import { readFileSync } from 'node:fs'
import path from 'node:path'
import { nginxOf } from '../../rig/nginx-processes.ts'
import type { Rig } from '../../rig/rig.ts'

/** What everybody on this machine has taken of it so far, by the name of the part. */
export interface Load {
  /** Processor time of all threads; the kernel counts it in hundredths of a second. */
  readonly busyMs: Readonly<Record<string, number>>
  readonly residentMb: Readonly<Record<string, number>>
}

/** The parts of Roadstead, and those whom they share the machine with. */
export function loadOf(rig: Rig): Load {
  const own = [
    ...rig.hosts.map(({ agent }) => agent),
    ...processes(rig.masters),
    ...processes(rig.edges),
  ]
  const others = [...rig.bus.servers, ...rig.hosts.map(({ engine }) => engine)]
  const all = [...own, ...processes(others)].map(({ name, pid }) => ({ name, pid }))
  const tests = rig.edges.map(
    ({ name, process }) => [`${name}: nginx -t`, ended(process.pid)] as const,
  )
  const { user, system } = process.cpuUsage()
  return {
    busyMs: Object.fromEntries([
      ...all.map(({ name, pid }) => [name, busyMs(pid)] as const),
      ...tests,
      ...rig.edges.map((edge) => [`${edge.name}: nginx`, nginxMs(edge)] as const),
      ['this process', Math.round((user + system) / 1_000)],
    ]),
    residentMb: Object.fromEntries(own.map(({ name, pid }) => [name, residentMb(pid)])),
  }
}

/** The difference of two readings, part by part. */
export function since(before: Load, now: Load): Load {
  const minus = (from: Readonly<Record<string, number>>, at: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(at).map(([name, it]) => [name, it - (from[name] ?? 0)]))
  return {
    busyMs: minus(before.busyMs, now.busyMs),
    residentMb: minus(before.residentMb, now.residentMb),
  }
}

function processes<Part>(parts: readonly { readonly process: Part }[]): Part[] {
  return parts.map(({ process }) => process)
}

/** Replaced workers are children of the master that have ended. */
function nginxMs(edge: Rig['edges'][number]): number {
  const { master, workers } = nginxOf(edge)
  return [master, ...workers].reduce((sum, pid) => sum + busyMs(pid), ended(master))
}

function busyMs(pid: number): number {
  const [user, system] = times(pid)
  return TICK_MS * (Number(user) + Number(system))
}

/** Of children that have ended and were waited for. */
function ended(pid: number): number {
  const [, , user, system] = times(pid)
  return TICK_MS * (Number(user) + Number(system))
}

const TICK_MS = 10

/** Ticks of the process and of its children, user and system; nothing when it has ended. */
function times(pid: number): readonly string[] {
  const stat = procFile(pid, 'stat')
  if (stat === '') return ['0', '0', '0', '0']
  // pid (program) state …: the name of the program may hold spaces and brackets.
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
}

function residentMb(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(procFile(pid, 'status'))
  return Math.round(Number(line?.[1]) / 1_024)
}

function procFile(pid: number, name: string): string {
  try {
    return readFileSync(path.join('/proc', `${pid}`, name), 'utf8')
  } catch {
    return ''
  }
}
