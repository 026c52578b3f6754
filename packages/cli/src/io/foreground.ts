import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Environment } from '@roadstead/shared/kernel/read-config.ts'
import { sendSignal } from './process-table.ts'

/**
 * Runs a program with our input and output until it ends, passing on the request to stop, and
 * killing it when a person asks twice. Resolves with its exit code; one that stopped because it was
 * asked to has done well, however it says so.
 */
export async function runInForeground(
  command: readonly string[],
  env: Environment,
  { signal, hurry }: { readonly signal: AbortSignal; readonly hurry: AbortSignal },
): Promise<number> {
  const [file = '', ...args] = command
  const child = spawn(file, args, { env: { ...env }, stdio: 'inherit', detached: true })
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.once('error', reject)
  child.once('exit', (code, by) => {
    resolve(by === null ? (code ?? 1) : 128 + (constants.signals[by] ?? 0))
  })
  const pid = child.pid
  const pass = (name: NodeJS.Signals) => (): void => {
    if (pid !== undefined) sendSignal(pid, name)
  }
  signal.addEventListener('abort', pass('SIGTERM'), { once: true })
  hurry.addEventListener('abort', pass('SIGKILL'), { once: true })
  if (signal.aborted) pass('SIGTERM')()
  return promise
}
