import { resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { startSimulatedEngine } from './engine.ts'

export async function main(args: readonly string[], signal: AbortSignal): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      socket: { type: 'string', default: 'simulated-engine.sock' },
      name: { type: 'string', default: 'simulated' },
    },
  })
  const socketPath = resolve(values.socket)
  await using engine = await startSimulatedEngine({ clock, socketPath, hostName: values.name })
  process.stdout.write(`simulated engine ${engine.id} on unix://${socketPath}\n`)
  const { promise, resolve: stopped } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => stopped(), { once: true })
  await promise
}

if (import.meta.main) {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT']) process.once(name, () => stop.abort())
  await main(process.argv.slice(2), stop.signal)
}
