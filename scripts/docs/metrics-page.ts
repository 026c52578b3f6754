import { z } from 'zod'
import { code, page, table, type Page } from './page.ts'
import { entriesOf, modulesAt } from './tables-by-package.ts'

const Metrics = z.record(
  z.string(),
  z.object({
    kind: z.enum(['gauge', 'counter', 'histogram']),
    name: z.string(),
    help: z.string(),
    labels: z.array(z.string()),
  }),
)

const HEADS = ['Metric', 'Kind', 'Labels', 'Meaning']

export async function metricsPage(): Promise<Page> {
  const found = await modulesAt('packages/*/src/**/metric-table.ts')
  const parts = found.flatMap(({ packageName, file, exports }) => {
    const rows = exports
      .flatMap((it) => entriesOf(it, Metrics))
      .map(({ kind, name, help, labels }) => [code(name), kind, labels.map(code).join(', '), help])
    return [`## ${packageName}`, `From [metric-table.ts](../${file}).`, table(HEADS, rows)]
  })
  return page('docs/metrics.md', 'Metrics', 'the `metric-table.ts` of each package', [
    'Served at `/metrics` in the text format of Prometheus.',
    ...parts,
  ])
}
