import { z } from 'zod'
import { isAlive } from './core/model.ts'
import type { Store } from './store.ts'

/** What `POST /containers/{id}/wait` can wait for. */
export const WaitCondition = z.enum(['not-running', 'next-exit', 'removed'])
export type WaitCondition = z.infer<typeof WaitCondition>

/** Resolves with the exit code when a container has come to this. */
export function exitOf(store: Store, key: string, condition: WaitCondition): Promise<number> {
  const container = store.container(key)
  let { exitCode } = container
  if (condition === 'not-running' && !isAlive(container)) return Promise.resolve(exitCode)
  const awaited = condition === 'removed' ? 'destroy' : 'die'
  const { promise, resolve } = Promise.withResolvers<number>()
  const told = store.events.subscribe(undefined, ({ id, action, attributes }) => {
    if (id !== container.id) return
    if (action === 'die') exitCode = Number(attributes['exitCode'])
    if (action !== awaited) return
    told[Symbol.dispose]()
    resolve(exitCode)
  })
  return promise
}
