import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** When a process began, in ticks since boot; nothing when it does not live. A zombie does not. */
export function startOf(pid: number): string | undefined {
  const stat = readOr(`/proc/${pid}/stat`)
  if (stat === '') return undefined
  // pid (program) state …: the name of the program may hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

/**
 * Every living process that has to do with a folder: by its command line, its working directory,
 * its root (a container's is a mount below the folder) or a file that it holds open. That finds
 * children that nobody wrote down: workers of nginx, shims, and what runs in containers.
 */
export function holdersOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && startOf(pid) !== undefined && holds(pid, folder))
}

function holds(pid: number, folder: string): boolean {
  if (readOr(`/proc/${pid}/cmdline`).includes(folder)) return true
  if (linkOr(`/proc/${pid}/cwd`).startsWith(folder)) return true
  if (rootMountOf(pid).includes(folder)) return true
  return listOr(`/proc/${pid}/fd`).some((fd) => linkOr(`/proc/${pid}/fd/${fd}`).startsWith(folder))
}

/** How the root of a process was mounted; an overlay names its folders there. */
function rootMountOf(pid: number): string {
  const mounts = readOr(`/proc/${pid}/mountinfo`).split('\n')
  return mounts.find((line) => line.split(' ')[4] === '/') ?? ''
}

/** Mount points below a folder, innermost first. */
export function mountsBelow(folder: string): string[] {
  return readOr('/proc/self/mounts')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => point.startsWith(`${folder}/`))
    .sort()
    .reverse()
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function linkOr(file: string): string {
  try {
    return readlinkSync(file)
  } catch {
    return ''
  }
}

function listOr(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
