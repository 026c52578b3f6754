/**
 * Metrics of what visitors ask, which edges count and masters pass on; `docs/metrics.md` is made from
 * here, too. A route is named by its key, an endpoint by its host and container: both are bounded by
 * settings of edge and master, and nothing in them was chosen by a visitor.
 */
export interface RequestMetric {
  readonly kind: 'gauge' | 'counter' | 'histogram'
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
}

const route = ['edge', 'domain', 'route', 'service'] as const
const endpoint = ['edge', 'service', 'endpoint'] as const

export const requestMetricTable = {
  routeRequests: {
    kind: 'counter',
    name: 'roadstead_route_requests_total',
    help: 'Requests by route and class of status; route "-" is none, "*" are those without a series.',
    labels: [...route, 'code_class'],
  },
  routeSeconds: {
    kind: 'histogram',
    name: 'roadstead_route_request_duration_seconds',
    help: 'From the first byte of a request to the last one of its answer.',
    labels: route,
  },
  routeEndpointSeconds: {
    kind: 'histogram',
    name: 'roadstead_route_upstream_duration_seconds',
    help: 'The part of it that the last endpoint was asked for.',
    labels: route,
  },
  endpointRequests: {
    kind: 'counter',
    name: 'roadstead_endpoint_requests_total',
    help: 'Requests by endpoint; class "other": it did not answer, and another one was asked.',
    labels: [...endpoint, 'code_class'],
  },
  endpointSeconds: {
    kind: 'histogram',
    name: 'roadstead_endpoint_request_duration_seconds',
    help: 'How long the endpoint took to answer.',
    labels: endpoint,
  },
  uncounted: {
    kind: 'counter',
    name: 'roadstead_requests_uncounted_total',
    help: 'Requests that were served and that the edge could not count.',
    labels: ['edge'],
  },
  beyond: {
    kind: 'gauge',
    name: 'roadstead_request_series_omitted',
    help: 'Routes and endpoints that are counted and, by the setting of this master, not listed here.',
    labels: ['edge'],
  },
} as const satisfies Record<string, RequestMetric>
