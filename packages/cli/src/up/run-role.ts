import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import { backoff } from '@roadstead/shared/kernel/backoff.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Random } from '@roadstead/shared/kernel/random.ts'
import type { Environment } from '@roadstead/shared/kernel/read-config.ts'
import { removePidRecord, writePidRecord } from '../io/pid-record.ts'
import { membersOf } from '../io/process-table.ts'
import type { RoleLog } from '../io/role-log.ts'
import { endLeftovers } from './end-leftovers.ts'

/** A process that `up` keeps running. */
export interface RolePlan {
  readonly name: string
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: Environment
  readonly log: RoleLog
}

export interface RunRoleDeps {
  readonly clock: Clock
  readonly random: Random
  /** Where the ids of running roles are recorded. */
  readonly pidDir: string
  readonly onNews: (news: RoleNews) => void
  /** Aborts when a person will not wait any longer: kill at once. */
  readonly hurry: AbortSignal
}

export type RoleNews =
  | { readonly kind: 'started'; readonly role: string; readonly pid: number }
  | {
      readonly kind: 'ended'
      readonly role: string
      readonly how: string
      readonly lastLines: readonly string[]
      readonly againMs: number
    }

const RESTART = { firstMs: 200, maxMs: 5_000 }

/** A role that lived this long was well; its next death is a new story. */
const WELL_AFTER_MS = 10_000

const LAST_LINES = 5
const KILLED = 'died by SIGKILL'

/**
 * Keeps one role running until `signal` aborts, and resolves when nothing of it is left. Each life gets a
 * process group (and session) of its own: a Ctrl-C in the terminal reaches only us, so that the
 * order of stopping is ours, and whatever a role leaves behind can be found by its group.
 *
 * A role that dies is started again and what it had started is left alone: an nginx goes on serving
 * without its edge, and the next edge takes it over. Only a stop ends everything.
 */
export async function runRole(
  deps: RunRoleDeps,
  plan: RolePlan,
  signal: AbortSignal,
): Promise<void> {
  const wait = backoff(RESTART, deps.random)
  while (!signal.aborted) {
    const startedAt = deps.clock.monoMs()
    const how = await oneLife(deps, plan, signal)
    if (signal.aborted) break
    if (deps.clock.monoMs() - startedAt > WELL_AFTER_MS) wait.reset()
    const againMs = wait.nextMs()
    // Nobody sees a SIGKILL coming: what it said last has nothing to do with it.
    const lastLines = how === KILLED ? [] : plan.log.tail(LAST_LINES)
    deps.onNews({ kind: 'ended', role: plan.name, how, lastLines, againMs })
    await deps.clock.sleep(againMs, signal)
  }
  await endLeftovers(deps, deps.pidDir, plan.name)
}

/** Resolves with how it ended, or when `signal` aborts. */
async function oneLife(deps: RunRoleDeps, plan: RolePlan, signal: AbortSignal): Promise<string> {
  const { child, ended } = start(plan)
  const pid = child.pid
  if (pid === undefined) return ended
  writePidRecord(deps.pidDir, plan.name, pid)
  deps.onNews({ kind: 'started', role: plan.name, pid })
  const asked = Promise.withResolvers<string>()
  const onAbort = (): void => asked.resolve('was asked to stop')
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  const how = await Promise.race([ended, asked.promise])
  signal.removeEventListener('abort', onAbort)
  if (membersOf(pid).length === 0) removePidRecord(deps.pidDir, { role: plan.name, pid })
  return how
}

function start(plan: RolePlan): { child: ChildProcess; ended: Promise<string> } {
  const { promise, resolve } = Promise.withResolvers<string>()
  const output = plan.log.open()
  const [file = '', ...args] = plan.command
  const child = spawn(file, args, {
    cwd: plan.cwd,
    env: { ...plan.env },
    stdio: ['ignore', output, output],
    detached: true,
  })
  child.once('error', (error) => resolve(`could not be started: ${error.message}`))
  child.once('exit', (code, by) => resolve(by === null ? `ended with ${code}` : `died by ${by}`))
  fs.closeSync(output)
  return { child, ended: promise }
}
