import type { EndpointView } from '@roadstead/shared/protocol/http.ts'
import { markOfReason } from '../core/marks.ts'
import { ShapeView } from './mark.tsx'

interface EndpointsProps {
  readonly endpoints: readonly EndpointView[]
  readonly addresses: boolean
}

/** Endpoints as people name them, host first. */
export function Endpoints({ endpoints, addresses }: EndpointsProps) {
  if (endpoints.length === 0) return <span class="faint">none</span>
  return (
    <ul class="endpoints">
      {endpoints.map((endpoint) => (
        <Endpoint key={keyOf(endpoint)} endpoint={endpoint} addresses={addresses} />
      ))}
    </ul>
  )
}

function Endpoint({ endpoint, addresses }: { endpoint: EndpointView; addresses: boolean }) {
  const mark = markOfReason(endpoint.reason)
  const failing = endpoint.failingAt.length > 0
  const tone = failing ? 'bad' : mark.tone
  const shown = [...new Set(Object.values(endpoint.addresses))]
  return (
    <li>
      <span class={`mark ${tone}`} title={failing ? 'The check of an edge fails' : mark.word}>
        <ShapeView shape={failing ? 'triangle' : mark.shape} />
        <span class="quiet">{failing ? 'failing' : mark.word}</span>
      </span>
      <span class="name">
        <span class="host">{endpoint.hostName}/</span>
        {endpoint.containerName}
      </span>
      {addresses && <span class="address">{shown.join(', ') || `port ${endpoint.port}`}</span>}
      {failing && <span class="why">check fails at {endpoint.failingAt.join(', ')}</span>}
    </li>
  )
}

function keyOf(endpoint: EndpointView): string {
  return `${endpoint.host} ${endpoint.container} ${endpoint.port}`
}
