import type { EndpointView } from '@roadstead/shared/protocol/http.ts'
import type { ReasonCode } from '@roadstead/shared/protocol/reasons.ts'
import { isSameRef } from '../routes/claimant.ts'
import { isV4 } from '../routes/ip.ts'
import type { Asked, Route } from '../routes/table.ts'
import { hostName, type Scene } from './scene.ts'

/** Every container that asks for a route on behalf of its service, and how each edge gets there. */
export function endpointViews(
  route: Route,
  scene: Scene,
  service = route.service,
): readonly EndpointView[] {
  return route.asked
    .filter((asked) => asked.service === service)
    .map((asked) => endpointView(asked, scene))
}

export function isServing({ reason }: { readonly reason: ReasonCode }): boolean {
  return reason === 'routed' || reason === 'routed-last'
}

function endpointView(asked: Asked, scene: Scene): EndpointView {
  const { host, container, containerName, port } = asked
  const addresses = isServing(asked) ? addressesOf(asked, scene) : {}
  return {
    host,
    hostName: hostName(scene, host),
    container,
    containerName,
    port,
    reason: reasonAtEdges(asked, addresses, scene),
    addresses,
    failingAt: failingAt(asked, scene),
  }
}

/** By edge id. */
function addressesOf(asked: Asked, { tables }: Scene): Record<string, string> {
  const found = [...tables].flatMap(([edge, { table }]) => {
    const pools = table.services.get(asked.service)?.services ?? []
    const endpoint = pools.flatMap((pool) => pool.endpoints).find((each) => isSameRef(each, asked))
    if (endpoint === undefined) return []
    const { address, port } = endpoint
    return [[edge, isV4(address) ? `${address}:${port}` : `[${address}]:${port}`] as const]
  })
  return Object.fromEntries(found)
}

/** Fit to serve, but no edge reaches it: then that is what a person has to know. */
function reasonAtEdges(
  asked: Asked,
  addresses: Readonly<Record<string, string>>,
  { tables }: Scene,
): ReasonCode {
  if (!isServing(asked) || tables.size === 0 || Object.keys(addresses).length > 0) {
    return asked.reason
  }
  const verdicts = [...tables.values()].flatMap(
    ({ table }) => table.services.get(asked.service)?.verdicts ?? [],
  )
  return verdicts.find((verdict) => isSameRef(verdict, asked))?.reason ?? 'no-address'
}

function failingAt(asked: Asked, { edges }: Scene): string[] {
  return [...edges]
    .filter(([, { status }]) =>
      status.checks.some(
        ({ state, endpoint }) => state === 'failing' && isSameRef(endpoint, asked),
      ),
    )
    .map(([edge]) => edge)
}
