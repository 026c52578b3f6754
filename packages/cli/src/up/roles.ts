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
  readonly #broken = Promise.withResolvers<never>()

  constructor(deps: RunRoleDeps) {
    this.#deps = deps
    // Nobody may be listening yet, or any more.
    this.#broken.promise.catch(() => undefined)
  }

  start(plan: RolePlan): void {
    const stop = new AbortController()
    const ended = runRole(this.#deps, plan, stop.signal)
    ended.catch(this.#broken.reject)
    this.#running.push({ name: plan.name, stop, ended })
  }

  /** Rejects when a role cannot be kept running at all, for example because the disk is full. */
  untilBroken(): Promise<never> {
    return this.#broken.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { ended, stop } of this.#running.splice(0).reverse()) {
      stop.abort()
      await ended.catch(() => undefined)
    }
  }
}
