import { readdir, readFile, readlink } from 'node:fs/promises'
import type { NginxProcess } from '../core/workers.ts'

/**
 * The nginx processes that run in a folder, whoever started them. The folder is their working
 * directory, which no other nginx has, so a process id that was given to somebody else meanwhile is
 * never taken for ours.
 */
export async function nginxProcesses(folder: string): Promise<readonly NginxProcess[]> {
  const names = await readdir('/proc')
  const pids = names.filter((name) => /^[0-9]+$/.test(name))
  const found = await Promise.all(pids.map((pid) => readProcess(Number(pid), folder)))
  return found.filter((process) => process !== undefined)
}

/** The same for the workers of a known master, without looking at every process of the machine. */
export async function nginxWorkers(
  master: number,
  folder: string,
): Promise<readonly NginxProcess[]> {
  const children = await readText(`/proc/${master}/task/${master}/children`)
  if (children === undefined) return nginxProcesses(folder)
  const pids = children.split(' ').filter((pid) => pid !== '')
  const found = await Promise.all(pids.map((pid) => readProcess(Number(pid), folder)))
  return found.filter((process) => process !== undefined)
}

/**
 * The master process with this id and its workers, wherever they run; empty when it is no nginx. For
 * one that is not ours, whose folder tells nothing.
 */
export async function nginxFamily(master: number): Promise<readonly NginxProcess[]> {
  const first = await readProcess(master, undefined)
  if (first?.role !== 'master') return []
  const children = (await readText(`/proc/${master}/task/${master}/children`)) ?? ''
  const pids = children.split(' ').filter((pid) => pid !== '')
  const workers = await Promise.all(pids.map((pid) => readProcess(Number(pid), undefined)))
  return [first, ...workers.filter((process) => process !== undefined)]
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** False when there is no such process any more. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/** @param folder in which it has to run, where that tells whose it is. */
async function readProcess(
  pid: number,
  folder: string | undefined,
): Promise<NginxProcess | undefined> {
  const directory = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
  if (folder !== undefined && directory !== folder) return undefined
  const role = roleOf((await readText(`/proc/${pid}/cmdline`)) ?? '')
  const stat = (await readText(`/proc/${pid}/stat`)) ?? ''
  // Fields after the name, which stands in brackets and may hold anything: state is the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (role === undefined || fields[0] === 'Z') return undefined
  const bytes = role === 'leaving-worker' ? await ownBytes(pid) : 0
  return { pid, role, startTicks: Number(fields[19] ?? 0), bytes }
}

/** Without the pages of programs and libraries, which all workers share. 0 on kernels that don't say. */
async function ownBytes(pid: number): Promise<number> {
  const status = (await readText(`/proc/${pid}/status`)) ?? ''
  return Number(/^RssAnon:\s+([0-9]+) kB$/m.exec(status)?.[1] ?? 0) * 1_024
}

function roleOf(title: string): NginxProcess['role'] | undefined {
  if (title.startsWith('nginx: master process')) return 'master'
  if (title.startsWith('nginx: worker process is shutting down')) return 'leaving-worker'
  return title.startsWith('nginx: worker process') ? 'worker' : undefined
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}
