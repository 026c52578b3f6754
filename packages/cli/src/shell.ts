import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Random } from '@roadstead/shared/kernel/random.ts'
import type { Environment } from '@roadstead/shared/kernel/read-config.ts'
import type { CliConfig } from './config.ts'
import type { ApiClient } from './io/api-client.ts'
import type { Output } from './print/output.ts'

/** What every command gets: the world as far as it may touch it. Made in `main.ts`. */
export interface Shell {
  readonly config: CliConfig
  readonly output: Output
  readonly clock: Clock
  readonly random: Random
  /** What processes that are started get, less our own secrets. */
  readonly environment: Environment
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal
  /** Aborts at the second: a person will not wait. */
  readonly hurry: AbortSignal
  readonly api: ApiClient
  readonly token: string | undefined
}

/** A command's work; resolves with the exit code. */
export type Task = (shell: Shell) => Promise<number>

/** What it takes to become a role: where it lives, and its environment as it came. */
export interface RolePlace {
  readonly stateDir: string
  readonly environment: Environment
}

export type RoleTask = (place: RolePlace) => Promise<number>
export type RunRole = (task: RoleTask) => Promise<void>

/** Registers tasks; what commander calls. */
export type Run = (task: Task) => Promise<void>
