import type { ApiServer } from '../server.ts'

export interface MetricsDeps {
  readonly contentType: string
  /** Brings the gauges up to date and gives the text of all metrics. */
  readonly text: () => Promise<string>
  readonly count: (key: 'httpRequests', labels: Readonly<Record<string, string>>) => void
  readonly observe: (
    key: 'httpSeconds',
    seconds: number,
    labels: Readonly<Record<string, string>>,
  ) => void
}

export function addMetrics(app: ApiServer, metrics: MetricsDeps): void {
  app.get('/metrics', async (_request, reply) => {
    const text = await metrics.text()
    return reply.type(metrics.contentType).send(text)
  })
  app.addHook('onResponse', async (request, reply) => {
    // The pattern, never the path: a client chooses paths, and each would be a series of its own.
    const { method } = request
    const route = request.routeOptions.url ?? 'unknown'
    metrics.count('httpRequests', { method, route, status: String(reply.statusCode) })
    metrics.observe('httpSeconds', reply.elapsedTime / 1_000, { method, route })
  })
}
