import { type ContainerPort, IpAddress, Port } from '@roadstead/shared/protocol/container.ts'
import type { InspectJson } from './engine-json.ts'
import { bounded } from './bounded.ts'

type Bindings = InspectJson['NetworkSettings']['Ports']
type Published = ContainerPort['published']

const PROTOCOLS = ['tcp', 'udp', 'sctp'] as const

/**
 * Every port the container is known to have. While it runs, the engine's own bindings are the truth;
 * a container at rest has none, so what its creator asked for is shown instead.
 */
export function containerPorts(inspect: InspectJson): ContainerPort[] {
  const declared = inspect.HostConfig.PortBindings
  const effective = inspect.State.Running ? inspect.NetworkSettings.Ports : declared
  const keys = new Set([
    ...Object.keys(inspect.Config.ExposedPorts),
    ...Object.keys(declared),
    ...Object.keys(effective),
  ])
  const ports = [...keys].flatMap((key) => onePort(key, inspect, effective))
  return bounded(ports.sort(byUse))
}

function onePort(key: string, inspect: InspectJson, effective: Bindings): ContainerPort[] {
  const parsed = parseKey(key)
  if (parsed === undefined) return []
  const exposed = key in inspect.Config.ExposedPorts || key in inspect.HostConfig.PortBindings
  return [{ ...parsed, exposed, published: publishedAt(effective[key] ?? []) }]
}

/** Keys are `80/tcp`; the protocol may be missing in Podman's. */
function parseKey(key: string): Pick<ContainerPort, 'port' | 'protocol'> | undefined {
  const [number, word = 'tcp'] = key.split('/')
  const port = Port.safeParse(Number(number)).data
  const protocol = PROTOCOLS.find((known) => known === word)
  return port === undefined || protocol === undefined ? undefined : { port, protocol }
}

function publishedAt(bindings: Bindings[string]): Published {
  const places = bindings.flatMap(({ HostIp, HostPort }) => {
    // Podman leaves the address out for "all"; a range or 0 is a wish and not yet a port.
    const address = IpAddress.safeParse(HostIp === '' ? '0.0.0.0' : HostIp).data
    const port = Port.safeParse(Number(HostPort)).data
    return address === undefined || port === undefined ? [] : [{ address, port }]
  })
  return bounded(places.sort((a, b) => a.port - b.port || (a.address < b.address ? -1 : 1)))
}

/** Published ports first, so that a range of a thousand exposed ones cannot push them out. */
function byUse(a: ContainerPort, b: ContainerPort): number {
  return (
    Number(b.published.length > 0) - Number(a.published.length > 0) ||
    a.port - b.port ||
    PROTOCOLS.indexOf(a.protocol) - PROTOCOLS.indexOf(b.protocol)
  )
}
