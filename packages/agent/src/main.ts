import process from 'node:process'
import { isMainThread, parentPort } from 'node:worker_threads'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { errorTable } from '@roadstead/shared/kernel/errors.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import type { Environment } from '@roadstead/shared/kernel/read-config.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { Supervisor } from '@roadstead/shared/kernel/supervisor.ts'
import { type AgentConfig, configsOf, environmentOf, loadConfig } from './config.ts'
import { startEngineThread } from './io/engine-thread.ts'
import { createLog } from './io/log.ts'
import { keepEngine } from './loops/keep-engine.ts'
import { runAgent } from './run-agent.ts'

/**
 * One agent, or one for each engine that a file names: then each has a thread, which runs this same
 * program as if it were alone. They share a process and nothing in it, so what hangs or bursts in one
 * is its own.
 */
export async function main(env: Environment, signal: AbortSignal): Promise<void> {
  const config = loadConfig(env)
  const { engines } = config
  if (engines === undefined) return runHere(configsOf(config), signal)
  await watchApart(config, engines, env, signal)
}

/** In this thread. When one ends, all do: whoever supervises the process starts it again. */
async function runHere(configs: readonly AgentConfig[], signal: AbortSignal): Promise<void> {
  const over = new AbortController()
  const stop = AbortSignal.any([signal, over.signal])
  const running = configs.map((config) => runAgent(config, stop).finally(() => over.abort()))
  await Promise.allSettled(running)
  // All have closed what they opened; the first that failed says why.
  await Promise.all(running)
}

async function watchApart(
  { logLevel, stateDir }: AgentConfig,
  engines: NonNullable<AgentConfig['engines']>,
  env: Environment,
  signal: AbortSignal,
): Promise<void> {
  const log = createLog(logLevel, { role: 'agent' })
  await using threads = new Supervisor(log)
  for (const [name, engine] of Object.entries(engines)) {
    const own = createLog(logLevel, { role: 'agent', engine: name })
    const given = environmentOf(name, engine, { env, stateDir })
    const start = (): ReturnType<typeof startEngineThread> =>
      startEngineThread(new URL(import.meta.url), name, given)
    threads.run(name, (stop) => keepEngine({ start, clock, random, log: own }, stop))
  }
  log.info({ engines: Object.keys(engines) }, 'watching several engines')
  await threads.untilStopped(signal)
}

/** A process is told by signals, a thread by the one that started it. */
function stopSignal(): AbortSignal {
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  if (isMainThread) for (const name of ['SIGTERM', 'SIGINT']) process.once(name, abort)
  else parentPort?.once('message', abort)
  return stop.signal
}

if (import.meta.main) {
  await main(process.env, stopSignal()).catch((error: unknown) => {
    if (!(error instanceof RoadsteadError)) throw error
    // The words of a thread would get lost when it ends; whoever started it passes the error on.
    if (!isMainThread) throw new Error(`${error.message} ${error.remedy}`)
    process.stderr.write(`${error.message}\n${error.remedy}\n`)
    process.exitCode = errorTable[error.code].exit
  })
  // All is closed and said; a dial to a NATS that never answers would keep the process alive.
  process.exit()
}
