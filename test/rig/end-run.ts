import { execFileSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { holdersOf, mountsBelow, startOf } from './proc.ts'
import { tracesOf } from './run-folder.ts'

/** Killed orphans stay zombies until the first process of the machine looks, every 2 s. */
const DEATH_MS_MAX = 10_000

/**
 * Removes everything that a run made, whatever state it is in: processes (those in containers too), mounts,
 * namespaces and, last, the folder with the ledger, so that an interrupted end can be repeated.
 */
export async function endRun(folder: string): Promise<void> {
  const traces = tracesOf(folder)
  await killAll(() => [
    ...traces.flatMap((it) =>
      it.kind === 'process' && startOf(it.pid) === it.start ? [it.pid] : [],
    ),
    ...holdersOf(folder),
  ])
  for (const point of mountsBelow(folder)) quietly('umount', '-l', point)
  for (const trace of traces) {
    // A namespace is taken apart some time after its name is gone, so its link is not left to that.
    if (trace.kind === 'link') quietly('ip', 'link', 'del', trace.name)
    if (trace.kind === 'namespace') removeNamespace(trace.name)
  }
  rmSync(folder, { recursive: true, force: true })
}

async function killAll(living: () => number[]): Promise<void> {
  const deadline = performance.now() + DEATH_MS_MAX
  for (let pids = living(); pids.length > 0; pids = living()) {
    for (const pid of pids) kill(pid)
    if (performance.now() > deadline) throw new Error(`processes do not end: ${pids.join(', ')}`)
    await sleep(20)
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself since we looked.
  }
}

/** Whatever is plugged into it goes with it. */
function removeNamespace(name: string): void {
  if (existsSync(`/run/netns/${name}`)) quietly('ip', 'netns', 'del', name)
}

function quietly(command: string, ...args: string[]): void {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
  } catch {
    // Gone already; the next sweep looks again.
  }
}
