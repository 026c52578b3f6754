import process from 'node:process'
import type { Environment } from '@roadstead/shared/kernel/read-config.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'

/**
 * Replaces this process by another program: whoever started `roadstead agent` then has the agent
 * itself as its child, with its signals, its exit code and no second process to keep in memory.
 */
export function becomeProgram(command: readonly string[], env: Environment): never {
  const [file = '', ...args] = command
  if (process.execve === undefined) {
    throw new RoadsteadError('missing-program', { program: 'execve', package: 'Node 24 on Linux' })
  }
  const defined = Object.entries(env).filter((entry) => entry[1] !== undefined)
  process.execve(file, [file, ...args], Object.fromEntries(defined))
  throw new RoadsteadError('internal', { program: file })
}
