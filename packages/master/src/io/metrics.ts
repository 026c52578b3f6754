import process from 'node:process'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { metricTable } from './metric-table.ts'

type Labels = Readonly<Record<string, string>>

type Keys<Kind extends string> = {
  [Key in keyof typeof metricTable]: (typeof metricTable)[Key]['kind'] extends Kind ? Key : never
}[keyof typeof metricTable]

export type GaugeKey = Keys<'gauge'>
export type CounterKey = Keys<'counter'>
export type HistogramKey = Keys<'histogram'>

/** Counts and measures by key of the metric table; the table knows names, labels and help. */
export interface Metrics {
  readonly count: (key: CounterKey, labels?: Labels, by?: number) => void
  readonly set: (key: GaugeKey, value: number, labels?: Labels) => void
  /** Forgets all series of a gauge, so that what is gone does not stay at its last value. */
  readonly clear: (key: GaugeKey) => void
  readonly observe: (key: HistogramKey, seconds: number, labels?: Labels) => void
}

/** Metrics that can be scraped. Each has a registry of its own: two masters may share a process. */
export interface ScrapedMetrics extends Metrics {
  readonly contentType: string
  readonly text: () => Promise<string>
}

export function createMetrics(version: string): ScrapedMetrics {
  const registry = new Registry()
  const gauges = new Map<string, Gauge>()
  const counters = new Map<string, Counter>()
  const histograms = new Map<string, Histogram>()
  for (const [key, entry] of Object.entries(metricTable)) {
    const { name, help } = entry
    const options = { name, help, labelNames: [...entry.labels], registers: [registry] }
    if (entry.kind === 'gauge') gauges.set(key, new Gauge(options))
    if (entry.kind === 'counter') counters.set(key, new Counter(options))
    if (entry.kind === 'histogram') {
      histograms.set(key, new Histogram({ ...options, buckets: [...entry.buckets] }))
    }
  }
  gauges.get('buildInfo')?.set({ version, node: process.versions.node, role: 'master' }, 1)
  return {
    count: (key, labels = {}, by = 1) => counters.get(key)?.inc(labels, by),
    set: (key, value, labels = {}) => gauges.get(key)?.set(labels, value),
    clear: (key) => gauges.get(key)?.reset(),
    observe: (key, seconds, labels = {}) => histograms.get(key)?.observe(labels, seconds),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  }
}
