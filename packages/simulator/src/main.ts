import { resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { anyBlock, startSimulatedEngine } from './engine.ts'

/** Each engine of `--socket` is a host of its own, whose name is the `--name` at the same place. */
export async function main(args: readonly string[], signal: AbortSignal): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      socket: { type: 'string', multiple: true, default: ['simulated-engine.sock'] },
      name: { type: 'string', multiple: true, default: [] },
    },
  })
  const first = anyBlock()
  await using engines = new AsyncDisposableStack()
  for (const [at, socket] of values.socket.entries()) {
    const place = { socketPath: resolve(socket), block: first + at }
    const hostName = values.name[at] ?? 'simulated'
    const engine = engines.use(await startSimulatedEngine({ clock, hostName, ...place }))
    process.stdout.write(`simulated engine ${engine.id} on unix://${engine.socketPath}\n`)
  }
  const { promise, resolve: stopped } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => stopped(), { once: true })
  await promise
}

if (import.meta.main) {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT']) process.once(name, () => stop.abort())
  await main(process.argv.slice(2), stop.signal)
}
