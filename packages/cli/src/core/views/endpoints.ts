import type { EndpointView } from '@roadstead/shared/protocol/http.ts'

/** Endpoints as people know them; a failing check or another reason is said beside the name. */
export function endpointNames(endpoints: readonly EndpointView[]): string {
  const names = endpoints.map((endpoint) => {
    const name = `${endpoint.hostName}/${endpoint.containerName}:${endpoint.port}`
    if (endpoint.failingAt.length > 0) return `${name} (check fails)`
    return endpoint.reason === 'routed' ? name : `${name} (${endpoint.reason})`
  })
  return names.join(' ') || '-'
}
