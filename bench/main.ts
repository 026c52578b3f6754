/**
 * Runs one benchmark, or all: `npm run bench -- NAME… [--json] [--samples N] [--tier live|reload]`. With
 * `--json` the figures are written to standard output and to `bench/results/<name>.json`, with the date.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { Bench, BenchOptions, BenchResult } from './bench.ts'

const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  route: async () => (await import('./route.ts')).run,
  unroute: async () => (await import('./unroute.ts')).run,
  'data-plane': async () => (await import('./data-plane.ts')).run,
  'many-events': async () => (await import('./many-events.ts')).run,
  failover: async () => (await import('./failover.ts')).run,
  'reload-loss': async () => (await import('./reload-loss.ts')).run,
  fold: async () => (await import('./fold.ts')).run,
  'beside-images': async () => (await import('./beside-images.ts')).run,
  stock: async () => (await import('./stock.ts')).run,
  derive: async () => (await import('./derive.ts')).run,
  history: async () => (await import('./history.ts')).run,
  bus: async () => (await import('./bus.ts')).run,
  fleet: async () => (await import('./simulated-fleet.ts')).run,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    samples: { type: 'string' },
    tier: { type: 'string' },
  },
})

const unknown = positionals.filter((name) => !(name in benches))
if (unknown.length > 0) {
  const names = Object.keys(benches).join(', ')
  process.stderr.write(`There is no benchmark ${unknown.join(', ')}. There are: ${names}.\n`)
  process.exit(2)
}

const TIERS = ['live', 'reload'] as const
const tiers = TIERS.filter((tier) => values.tier === undefined || values.tier === tier)
if (tiers.length === 0) {
  process.stderr.write(`There is no tier ${values.tier}. There are: ${TIERS.join(', ')}.\n`)
  process.exit(2)
}
const options: BenchOptions = {
  tiers,
  ...(values.samples !== undefined && { samples: Number(values.samples) }),
}

for (const name of positionals.length === 0 ? Object.keys(benches) : positionals) {
  const bench = await benches[name]?.()
  if (bench === undefined) continue
  report(name, await bench(options))
}

function report(name: string, results: readonly BenchResult[]): void {
  if (!values.json) {
    for (const result of results) process.stdout.write(`${line(result)}\n`)
    return
  }
  const record = { bench: name, date: new Date().toISOString().slice(0, 10), results }
  const text = `${JSON.stringify(record, null, 2)}\n`
  const folder = path.join(import.meta.dirname, 'results')
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, `${name}.json`), text)
  process.stdout.write(text)
}

function line({ name, unit, n, p50, p90, p99, extra }: BenchResult): string {
  const figures = `p50 ${p50}  p90 ${p90}  p99 ${p99} ${unit}  (n=${n})`
  return `${name.padEnd(34)} ${figures}\n    ${JSON.stringify(extra)}`
}
