/** Visitors of one domain, and what they met while a benchmark did one thing or another. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { eventually } from '../../test/rig/eventually.ts'
import { Process } from '../../test/rig/process.ts'
import type { RunFolder } from '../../test/rig/run-folder.ts'

const CONNECTIONS = 4
const PROGRAM = fileURLToPath(new URL('visitor-process.ts', import.meta.url))
/** A visit that takes longer has been kept waiting. */
const STALL_MS = 5

const Visited = z.object({
  visits: z.array(z.tuple([z.number(), z.number()])),
  failed: z.number(),
})

export class Visitors {
  readonly #process: Process
  readonly #file: string
  readonly #spans: { readonly what: string; readonly fromMs: number; readonly toMs: number }[] = []

  private constructor(process: Process, file: string) {
    this.#process = process
    this.#file = file
  }

  static async of(folder: RunFolder, name: string, port: number, domain: string) {
    const file = path.join(folder.folder(name), 'visits.json')
    const args = [PROGRAM, String(port), domain, String(CONNECTIONS), file] as const
    const visitors = Process.start({ name, command: [process.execPath, ...args] }, folder)
    await eventually('visitors are there', () => visitors.lines().includes('ready'), {
      withinMs: 5_000,
    })
    return new Visitors(visitors, file)
  }

  /** What they meet meanwhile is told under this name. */
  async during(what: string, work: () => Promise<void>): Promise<void> {
    const fromMs = performance.timeOrigin + performance.now()
    await work()
    this.#spans.push({ what, fromMs, toMs: performance.timeOrigin + performance.now() })
  }

  /** They leave. */
  async figures(): Promise<Readonly<Record<string, unknown>>> {
    await this.#process.stop()
    await this.#process.finished
    const { visits, failed } = Visited.parse(JSON.parse(readFileSync(this.#file, 'utf8')))
    const took = Map.groupBy(visits, ([atMs]) => this.#whatAt(atMs))
    const named = [...took].filter(([what]) => what !== '')
    const figures = named.map(([what, list]) => [what, figuresOf(list.map(([, ms]) => ms))])
    return { ...Object.fromEntries(figures), failed }
  }

  #whatAt(ms: number): string {
    return this.#spans.find(({ fromMs, toMs }) => fromMs <= ms && ms < toMs)?.what ?? ''
  }
}

function figuresOf(tookMs: readonly number[]) {
  const sorted = tookMs.toSorted((a, b) => a - b)
  const rank = (share: number): number =>
    Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? 0) * 100) / 100
  const stalled = sorted.filter((ms) => ms > STALL_MS).length
  return {
    visits: sorted.length,
    p50: rank(0.5),
    p99: rank(0.99),
    p999: rank(0.999),
    slowestMs: rank(1),
    percentOver5Ms: Math.round((stalled / sorted.length) * 100_000) / 1_000,
  }
}
