import { type ChildProcessByStdio, spawn } from 'node:child_process'
import path from 'node:path'
import type { Readable } from 'node:stream'

const MAIN = path.join(import.meta.dirname, '..', 'main.ts')

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

type Variables = Readonly<Record<string, string>>

/** Runs the command as a shell would, in an environment with nothing of ours in it. */
export async function roadstead(args: readonly string[], env: Variables = {}): Promise<Ended> {
  return endOf(startRoadstead(args, env))
}

/** For tests that do something while it runs. */
export function startRoadstead(
  args: readonly string[],
  env: Variables = {},
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: '/usr/bin:/bin', ROADSTEAD_STATE_DIR: '/nonexistent', ...compiled(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

export async function endOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Ended> {
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    new Promise<number | null>((resolve) => child.once('exit', resolve)),
  ])
  return { code, out, err }
}

/** It starts in half the time with what Node made of the same sources before. */
function compiled(): Variables {
  const folder = process.env['NODE_COMPILE_CACHE']
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder }
}
