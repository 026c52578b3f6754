import process from 'node:process'
import { errorTable } from '@roadstead/shared/kernel/errors.ts'
import type { Environment } from '@roadstead/shared/kernel/read-config.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { loadConfigs } from './config.ts'
import { runAgent } from './run-agent.ts'

/**
 * One agent, or one for each simulated engine. When one ends, all do: whoever supervises the process
 * starts it again.
 */
export async function main(env: Environment, signal: AbortSignal): Promise<void> {
  const over = new AbortController()
  const stop = AbortSignal.any([signal, over.signal])
  const running = loadConfigs(env).map((config) =>
    runAgent(config, stop).finally(() => over.abort()),
  )
  await Promise.allSettled(running)
  // All have closed what they opened; the first that failed says why.
  await Promise.all(running)
}

if (import.meta.main) {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT']) process.once(name, () => stop.abort())
  await main(process.env, stop.signal).catch((error: unknown) => {
    if (!(error instanceof RoadsteadError)) throw error
    process.stderr.write(`${error.message}\n${error.remedy}\n`)
    process.exitCode = errorTable[error.code].exit
  })
  // All is closed and said; a dial to a NATS that never answers would keep the process alive.
  process.exit()
}
