import { arch, cpus, platform, totalmem } from 'node:os'

/** What a figure was measured on, beside the figure. */
export function machine(): string {
  const gibibytes = Math.round(totalmem() / 2 ** 30)
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  return `${cpus().length} × ${model}, ${gibibytes} GiB, ${platform()} ${arch()}, Node ${process.version}`
}
