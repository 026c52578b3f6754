import type { RolePlan, RunRoleDeps } from './run-role.ts'
import { runRole } from './run-role.ts'

interface Running {
  readonly name: string
  readonly stop: AbortController
  readonly ended: Promise<void>
}

/**
 * The roles that run, each kept running on its own. They are stopped in the opposite order of their
 * start: the edge first, so that nobody reports to a NATS that is gone.
 */
export class Roles implements AsyncDisposable {
  readonly #deps: RunRoleDeps
  readonly #running: Running[] = []

  constructor(deps: RunRoleDeps) {
    this.#deps = deps
  }

  start(plan: RolePlan): void {
    const stop = new AbortController()
    this.#running.push({ name: plan.name, stop, ended: runRole(this.#deps, plan, stop.signal) })
  }

  /** Rejects when a role cannot be kept running at all, for example because the disk is full. */
  async untilBroken(): Promise<never> {
    const never = Promise.withResolvers<never>()
    for (const { ended } of this.#running) ended.catch(never.reject)
    return never.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { ended, stop } of this.#running.splice(0).reverse()) {
      stop.abort()
      await ended.catch(() => undefined)
    }
  }
}
