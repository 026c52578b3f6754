import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'

const SWEEP = 'test/rig/sweep.ts'

/**
 * Ends what a test run that was killed left behind: its processes, namespaces, containers.
 * It runs before and after the tests, so a run never meets the remains of another.
 */
export async function sweep(): Promise<void> {
  if (!existsSync(SWEEP)) return
  const child = spawn(process.execPath, [SWEEP], { stdio: ['ignore', 'inherit', 'inherit'] })
  await once(child, 'exit')
}
