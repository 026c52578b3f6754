import { Worker } from 'node:worker_threads'
import type { Environment } from '@roadstead/shared/kernel/read-config.ts'
import type { EngineThread } from '../loops/keep-engine.ts'

/** Four times what a host of a thousand containers takes; an engine that sends more ends its own thread. */
const HEAP_MIB_MAX = 512

/** Runs a program again as a thread of this process, with an environment of its own. */
export function startEngineThread(program: URL, name: string, env: Environment): EngineThread {
  const given = Object.entries(env).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  )
  const worker = new Worker(program, {
    name,
    env: Object.fromEntries(given),
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX },
  })
  const { promise, resolve } = Promise.withResolvers<string>()
  // An error comes first and the exit after it: what it died of says more than a number.
  worker.once('error', (error) => resolve(error instanceof Error ? error.message : String(error)))
  worker.once('exit', (code) => resolve(`ended with code ${code}`))
  return {
    ended: promise,
    askToStop: () => worker.postMessage('stop'),
    end: async () => {
      await worker.terminate()
    },
  }
}
